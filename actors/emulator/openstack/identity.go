package openstack

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"time"
)

const (
	notAuthenticated = "The request you have made requires authentication."
	domainID         = "default"
)

type token struct {
	id      string
	user    string
	project *project // nil: not scoped
	issued  time.Time
	expires time.Time
	methods []string
}

type named struct{ ID, Name string }

// names says whether a reference by id or name means the object.
func (n named) names(id, name string) bool {
	return n.ID != "" && n.ID == id || n.ID == "" && n.Name == name
}

type authRequest struct {
	Identity struct {
		Methods  []string
		Password struct {
			User struct {
				named
				Password string
			}
		}
		Credential struct {
			named
			Secret string
			User   named
		} `json:"application_credential"`
		Token named
	}
	Scope json.RawMessage
}

func (c *Cloud) identityRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /identity/v3/auth/tokens", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			writeFailure(w, r.URL.Path, fail(http.StatusRequestEntityTooLarge, "Request is too large."))
			return
		}
		c.mu.Lock()
		c.settle()
		made, err := c.authenticate(body)
		c.mu.Unlock()
		if err != nil {
			writeFailure(w, r.URL.Path, err)
			return
		}
		w.Header().Set("X-Subject-Token", made.id)
		writeJSON(w, http.StatusCreated, object{"token": c.tokenView(made)})
	})
	mux.HandleFunc("/identity/v3/auth/tokens", func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		_, err := c.holder(r.Header.Get("X-Auth-Token"))
		subject, absent := c.holder(r.Header.Get("X-Subject-Token"))
		if err == nil && absent == nil && r.Method == http.MethodDelete {
			delete(c.tokens, subject.id)
		}
		c.mu.Unlock()
		switch {
		case err != nil:
			writeFailure(w, r.URL.Path, err)
		case absent != nil:
			writeFailure(w, r.URL.Path, fail(http.StatusNotFound, "Could not find token."))
		case r.Method == http.MethodDelete:
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("X-Subject-Token", subject.id)
			writeJSON(w, http.StatusOK, object{"token": c.tokenView(subject)})
		}
	})
}

// holder is the token with that id, if it is still good.
func (c *Cloud) holder(id string) (*token, error) {
	held, ok := c.tokens[id]
	if !ok || !c.clock.Now().Before(held.expires) {
		delete(c.tokens, id)
		return nil, fail(http.StatusUnauthorized, notAuthenticated)
	}
	return held, nil
}

func (c *Cloud) authenticate(body []byte) (*token, error) {
	var wrapped struct{ Auth *authRequest }
	if err := json.Unmarshal(body, &wrapped); err != nil || wrapped.Auth == nil {
		return nil, fail(http.StatusBadRequest, "Expecting to find auth in request body. The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.")
	}
	auth, refused := wrapped.Auth, fail(http.StatusUnauthorized, notAuthenticated)
	made := &token{id: newHex() + newHex(), issued: c.clock.Now(), methods: auth.Identity.Methods}
	made.expires = made.issued.Add(c.config.TokenLife)
	var reachable []string
	switch {
	case slices.Contains(auth.Identity.Methods, "application_credential"):
		given := auth.Identity.Credential
		n := slices.IndexFunc(c.config.Credentials, func(a Credential) bool {
			return given.ID != "" && given.ID == a.ID ||
				given.ID == "" && given.Name == a.Name && given.User.names(userID(a.User), a.User)
		})
		if n < 0 || c.config.Credentials[n].Secret != given.Secret {
			return nil, refused
		}
		if len(auth.Scope) > 0 && string(auth.Scope) != "null" {
			return nil, fail(http.StatusUnauthorized, "Application credentials cannot request a scope.")
		}
		made.user, made.project = c.config.Credentials[n].User, c.projectNamed(c.config.Credentials[n].Project)
	case slices.Contains(auth.Identity.Methods, "password"):
		given := auth.Identity.Password.User
		n := slices.IndexFunc(c.config.Users, func(u User) bool { return named{given.ID, given.Name}.names(userID(u.Name), u.Name) })
		if n < 0 || c.config.Users[n].Password != given.Password {
			return nil, refused
		}
		made.user, reachable = c.config.Users[n].Name, c.config.Users[n].Projects
	case slices.Contains(auth.Identity.Methods, "token"):
		held, err := c.holder(auth.Identity.Token.ID)
		if err != nil {
			return nil, refused
		}
		made.user, made.expires = held.user, held.expires
		for _, u := range c.config.Users {
			if u.Name == held.user {
				reachable = u.Projects
			}
		}
	default:
		return nil, refused
	}
	if err := c.scope(made, auth.Scope, reachable); err != nil {
		return nil, err
	}
	c.tokens[made.id] = made
	return made, nil
}

// scope binds a token to the project that was asked for; a project that is unknown, or not the user's, looks like a wrong password.
func (c *Cloud) scope(made *token, asked json.RawMessage, reachable []string) error {
	var scope struct{ Project *named }
	if made.project != nil || len(asked) == 0 || json.Unmarshal(asked, &scope) != nil || scope.Project == nil {
		return nil
	}
	for _, p := range c.projects {
		if scope.Project.names(p.id, p.name) && slices.Contains(reachable, p.name) {
			made.project = p
			return nil
		}
	}
	return fail(http.StatusUnauthorized, notAuthenticated)
}

// userID is made of the name, so that it is the same in every run.
func userID(name string) string { return "user-" + name }

func (c *Cloud) tokenView(t *token) object {
	domain := object{"id": domainID, "name": "Default"}
	stamp := "2006-01-02T15:04:05.000000Z"
	view := object{
		"methods": t.methods, "expires_at": t.expires.UTC().Format(stamp), "issued_at": t.issued.UTC().Format(stamp),
		"user":      object{"id": userID(t.user), "name": t.user, "domain": domain, "password_expires_at": nil},
		"audit_ids": []string{t.id[:22]},
	}
	if t.project == nil {
		return view
	}
	view["project"] = object{"id": t.project.id, "name": t.project.name, "domain": domain}
	view["is_domain"] = false
	view["roles"] = []object{{"id": "role-member", "name": "member"}, {"id": "role-reader", "name": "reader"}}
	catalogue := []object{}
	for _, s := range []struct{ kind, name, path string }{
		{"identity", "keystone", "/identity/v3"},
		{"compute", "nova", "/compute/v2.1"},
		{"network", "neutron", "/network"},
		{"volumev3", "cinder", "/volume/v3/" + t.project.id},
		{"image", "glance", "/image"},
	} {
		endpoints := []object{}
		for _, face := range []string{"public", "internal"} {
			endpoints = append(endpoints, object{
				"id": s.name + "-" + face, "interface": face, "region": c.config.Region, "region_id": c.config.Region, "url": c.url + s.path,
			})
		}
		catalogue = append(catalogue, object{"id": s.name, "type": s.kind, "name": s.name, "endpoints": endpoints})
	}
	view["catalog"] = catalogue
	return view
}
