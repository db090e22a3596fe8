package suite

import (
	"context"
	"errors"

	"unibench/harness/record"
	"unibench/harness/target"
)

// coldStart lets a generator ask for an answer, starts the server and ends it once
// it has answered.
func (v *serving) coldStart(ctx context.Context, p target.Program) (o *target.Observation, err error) {
	g, err := v.startGenerator(ctx, v.world, v.config)
	if err != nil {
		return nil, err
	}
	if err := g.await(ctx, "asking "); err != nil {
		return nil, g.fail(err)
	}
	server, err := p.Serve(ctx, v.world)
	if err != nil {
		return nil, errors.Join(err, g.kill())
	}
	inner, ended := whileServing(ctx, server)
	defer ended()
	stop := context.AfterFunc(inner, g.running.Kill)
	r, err := g.finish()
	stop()
	o, stopErr := server.Stop(ctx)
	if err = errors.Join(err, stopErr); err != nil {
		return o, err
	}
	if _, err := judge(r); err != nil {
		return o, err
	}
	if r.Ready == nil {
		return o, errNoResult
	}
	values, phases := bootValues(o)
	for _, unit := range []string{"boot-vmm-ns", "boot-guest-ns", "boot-main-ns", "boot-cpu-ns"} {
		if x, ok := values[unit]; ok {
			v.out.Values[unit] = x
		}
	}
	v.out.Values["boot-serve-ns"] = float64(r.Ready.AnswerNS - o.Start)
	v.out.Phases = withServed(phases, r.Ready.AnswerNS-o.Start)
	return o, v.keep(r)
}

// withServed puts the moment of the first answer among the phases of a start.
func withServed(phases []record.Phase, at int64) []record.Phase {
	served := record.Phase{Name: evServe, AtNS: at}
	for i, p := range phases {
		if p.Name == evEnd {
			return append(append(append([]record.Phase(nil), phases[:i]...), served), phases[i:]...)
		}
	}
	return append(phases, served)
}
