// Package kubernetes holds no code: its test reads the manifests by the types
// of Kubernetes. It is a module of its own, so that nobody else has to have them.
package kubernetes

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/validation"
)

const file = "hookdrill-probe.yaml"

// manifests are the objects of the file.
type manifests struct {
	config *core.ConfigMap
	claim  *core.PersistentVolumeClaim
	svc    *core.Service
	set    *apps.StatefulSet
}

// decode reads a document strictly: a field that the type does not have, one
// that stands there twice, or a value of another type is an error.
func decode(text string) (runtime.Object, error) {
	scheme := runtime.NewScheme()
	if err := core.AddToScheme(scheme); err != nil {
		return nil, err
	}
	if err := apps.AddToScheme(scheme); err != nil {
		return nil, err
	}
	s := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme, scheme, json.SerializerOptions{Yaml: true, Strict: true})
	object, _, err := s.Decode([]byte(text), nil, nil)
	return object, err
}

func load(t *testing.T) manifests {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var m manifests
	for n, doc := range strings.Split(string(text), "\n---\n") {
		object, err := decode(doc)
		if err != nil {
			t.Fatalf("%s: document %d: %v", file, n+1, err)
		}
		switch object := object.(type) {
		case *core.ConfigMap:
			m.config = object
		case *core.PersistentVolumeClaim:
			m.claim = object
		case *core.Service:
			m.svc = object
		case *apps.StatefulSet:
			m.set = object
		default:
			t.Fatalf("%s: document %d is a %T", file, n+1, object)
		}
	}
	if m.config == nil || m.claim == nil || m.svc == nil || m.set == nil {
		t.Fatalf("%s: something is missing: %+v", file, m)
	}
	return m
}

// TestStrict is the check on the check.
func TestStrict(t *testing.T) {
	const good = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{name: b, port: 1}]}\n"
	if _, err := decode(good); err != nil {
		t.Error(err)
	}
	for reason, c := range map[string]struct{ old, now string }{
		"a field that is none": {"port: 1", "prot: 1"},
		"twice":                {"name: b", "name: b, name: c"},
		"a text for a number":  {"port: 1", "port: one"},
		"a kind that is none":  {"kind: Service", "kind: Servise"},
	} {
		if _, err := decode(strings.Replace(good, c.old, c.now, 1)); err == nil {
			t.Errorf("%s: no error", reason)
		}
	}
}

// TestFit wants the manifests to fit each other: what one names, another is.
func TestFit(t *testing.T) {
	m := load(t)
	pod := m.set.Spec.Template
	c := pod.Spec.Containers[0]
	if len(pod.Spec.Containers) != 1 || *m.set.Spec.Replicas != 1 || m.set.Spec.ServiceName != m.svc.Name {
		t.Errorf("%d containers, %d replicas, service %s", len(pod.Spec.Containers), *m.set.Spec.Replicas, m.set.Spec.ServiceName)
	}
	for name, selector := range map[string]map[string]string{"the StatefulSet": m.set.Spec.Selector.MatchLabels, "the Service": m.svc.Spec.Selector} {
		for k, v := range selector {
			if pod.Labels[k] != v {
				t.Errorf("%s selects %s=%s, and the pod has %v", name, k, v, pod.Labels)
			}
		}
	}
	mounts := map[string]string{}
	for _, v := range c.VolumeMounts {
		mounts[v.Name] = v.MountPath
	}
	for _, v := range pod.Spec.Volumes {
		switch {
		case v.ConfigMap != nil && v.ConfigMap.Name == m.config.Name && mounts[v.Name] == "/etc/hookdrill":
		case v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == m.claim.Name && mounts[v.Name] == "/var/lib/hookdrill":
		default:
			t.Errorf("the volume %s is none that fits", v.Name)
		}
		delete(mounts, v.Name)
	}
	if len(mounts) > 0 {
		t.Errorf("no volume is mounted as %v", mounts)
	}
	if want := "[probe --config /etc/hookdrill/probe.yaml]"; fmt.Sprint(c.Args) != want || m.config.Data["probe.yaml"] == "" {
		t.Errorf("it runs %v, want %s", c.Args, want)
	}
	if !strings.Contains(m.config.Data["probe.yaml"], "state: /var/lib/hookdrill/") {
		t.Error("the state is not on the claim")
	}
	if !slices.Equal(m.claim.Spec.AccessModes, []core.PersistentVolumeAccessMode{core.ReadWriteOncePod}) {
		t.Errorf("two pods could have the state: %v", m.claim.Spec.AccessModes)
	}
	ports(t, m, c)
}

// ports wants each port of the configuration in the Service and the container.
func ports(t *testing.T, m manifests, c core.Container) {
	t.Helper()
	named := map[string]int32{}
	for _, p := range c.Ports {
		named[p.Name] = p.ContainerPort
		if errs := validation.IsValidPortName(p.Name); len(errs) > 0 {
			t.Errorf("port %q: %v", p.Name, errs)
		}
	}
	for _, p := range m.svc.Spec.Ports {
		if named[p.Name] != p.Port {
			t.Errorf("the Service has port %s %d, the container %d", p.Name, p.Port, named[p.Name])
		}
	}
	if len(m.svc.Spec.Ports) != len(named) {
		t.Errorf("the Service has %d ports, the container %d", len(m.svc.Spec.Ports), len(named))
	}
	for name, port := range named {
		if !strings.Contains(m.config.Data["probe.yaml"], fmt.Sprintf(`"0.0.0.0:%d"`, port)) {
			t.Errorf("nothing listens on port %s %d", name, port)
		}
	}
	for what, probe := range map[string]*core.Probe{"/readyz": c.ReadinessProbe, "/healthz": c.LivenessProbe} {
		if probe == nil || probe.HTTPGet.Path != what || named[probe.HTTPGet.Port.String()] == 0 {
			t.Errorf("the probe of %s is %+v", what, probe)
		}
	}
}
