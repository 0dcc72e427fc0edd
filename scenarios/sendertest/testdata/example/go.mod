// An example of a module that is not hookdrill's. Yours has no replace
// directive; `go mod tidy` adds what hookdrill needs.
module example.com/notifier

go 1.26

require github.com/hookdrill/hookdrill v0.0.0

replace github.com/hookdrill/hookdrill => ../../../..
