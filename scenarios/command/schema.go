package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hookdrill/hookdrill/prober/canary"
	"github.com/hookdrill/hookdrill/prober/profile"
	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/suite"
)

// schemas is where editors find the schemas. Files name them by it.
const schemas = "https://raw.githubusercontent.com/hookdrill/hookdrill/main/docs/schema/"

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema scenario|profile|probe",
		Short: "print the JSON Schema of a file format, for editors",
		Long: `Print the JSON Schema of scenarios, profiles, or configurations of probe. An
editor with yaml-language-server (VS Code's YAML extension, for one) completes,
explains and checks a file that begins with the address of its schema:

  # yaml-language-server: $schema=ADDRESS

The addresses are scenario.schema.json, profile.schema.json and
probe.schema.json below
` + schemas + `
Without the network, ADDRESS is the path of a file that this command wrote.`,
		Example:   "  hookdrill schema scenario >scenario.schema.json",
		Args:      args("scenario|profile|probe"),
		ValidArgs: []string{"scenario", "profile", "probe"},
		RunE: func(c *cobra.Command, args []string) error {
			id := schemas + args[0] + ".schema.json"
			switch args[0] {
			case "scenario":
				return plan.Schema(id, check.Kinds()).Write(a.stdout)
			case "profile":
				return profile.Schema(id, suite.ProfileNames()).Write(a.stdout)
			case "probe":
				return canary.Schema(id).Write(a.stdout)
			}
			return mistaken(c, fmt.Errorf("schema %q: want scenario, profile or probe", args[0]))
		},
	}
}
