// Package target holds the ways to run a program that are compared: as a
// unikernel, as a Linux process, as a container. All lists them.
//
// A Target's life: Check says whether it can run here, and if not why not and
// what to do; Prepare builds what it needs for one program, before anything is
// measured; the Program it returns starts the program afresh as often as asked: to
// its end (Run), as a server in a network (Serve), or led by its standard input (Lead).
// Everything that outlives a start lies in the scratch folder of the Env and
// goes with it. Nothing is ever built in a start.
//
// Where two builds are compared every target has an arm beside it, of the same kind,
// that runs the other build: see Env.Arms.
//
// Every start is measured by package baselines/launch, the same code for all.
// Facts that a target alone can know (those of the unikernel's monitor) come
// with it in the Observation.
package target
