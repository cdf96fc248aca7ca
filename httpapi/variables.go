package httpapi

import (
	"context"
	"slices"
	"time"

	"dockerdriver/actors/pool"
)

// variable is the JSON shape of pool.Variable with its definition.
type variable struct {
	Key       string            `json:"key"`
	Value     string            `json:"value"`
	Type      pool.VariableType `json:"type" enum:"bool,int,words,string,duration,text,time"`
	Default   string            `json:"default"`
	Group     string            `json:"group" doc:"Heading that it belongs under"`
	Meaning   string            `json:"meaning"`
	Version   int               `json:"version" doc:"0: never set"`
	UpdatedAt *time.Time        `json:"updated_at"`
	UpdatedBy string            `json:"updated_by" doc:"Email of who changed it last"`
}

func (s *server) variableOf(ctx context.Context, v pool.Variable) variable {
	d, _ := pool.FindDefinition(v.Key)
	return variable{
		Key: v.Key, Value: v.Value, Type: d.Type, Default: d.Default, Group: d.Group, Meaning: d.Meaning,
		Version: v.Version, UpdatedAt: when(v.UpdatedAt), UpdatedBy: s.emailOf(ctx, v.UpdatedBy),
	}
}

func (s *server) listVariables(ctx context.Context, _ *WholeInput) (*listOutput[variable], error) {
	v := s.Views.Snapshot()
	items := make([]variable, 0, len(v.Variables))
	for _, x := range v.Variables {
		items = append(items, s.variableOf(ctx, x))
	}
	return whole(items), nil
}

// KeyInput is a variable's key in a path.
type KeyInput struct {
	Key string `path:"key" maxLength:"128"`
}

func (s *server) getVariable(ctx context.Context, in *KeyInput) (*versionedOutput[variable], error) {
	v := s.Views.Snapshot()
	at := slices.IndexFunc(v.Variables, func(x pool.Variable) bool { return x.Key == in.Key })
	if at < 0 {
		return nil, notFound("variable")
	}
	x := v.Variables[at]
	return &versionedOutput[variable]{ETag: etag(x.Version), Body: s.variableOf(ctx, x)}, nil
}

type setVariableInput struct {
	KeyInput
	VersionInput
	Body struct {
		Value string `json:"value" maxLength:"16384"`
	}
}

func (s *server) setVariable(ctx context.Context, in *setVariableInput) (*versionedOutput[variable], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	definition, ok := pool.FindDefinition(in.Key)
	if !ok {
		return nil, notFound("variable")
	}
	value, err := definition.Canonical(in.Body.Value)
	if err != nil {
		return nil, err
	}
	x, err := s.Settings.SetVariable(ctx, callerOf(ctx).User, in.Key, value, version)
	if err != nil {
		return nil, err
	}
	s.note(ctx, "variable.set", in.Key, clip(x.Value, 256))
	return &versionedOutput[variable]{ETag: etag(x.Version), Body: s.variableOf(ctx, x)}, nil
}
