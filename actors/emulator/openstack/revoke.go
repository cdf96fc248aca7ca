package openstack

import "slices"

// ChangePassword gives a user another password, as a person does; the user's
// tokens end with it.
func (c *Cloud) ChangePassword(user, password string) (found bool) {
	c.locked(func() {
		n := slices.IndexFunc(c.config.Users, func(u User) bool { return u.Name == user })
		if n < 0 {
			return
		}
		c.config.Users = slices.Clone(c.config.Users)
		found, c.config.Users[n].Password = true, password
		c.endTokens(user)
	})
	return found
}

// RemoveCredential deletes an application credential by id or name; its user's
// tokens end with it.
func (c *Cloud) RemoveCredential(which string) (found bool) {
	c.locked(func() {
		n := slices.IndexFunc(c.config.Credentials, func(a Credential) bool { return a.ID == which || a.Name == which })
		if n < 0 {
			return
		}
		found = true
		c.endTokens(c.config.Credentials[n].User)
		c.config.Credentials = slices.Delete(slices.Clone(c.config.Credentials), n, n+1)
	})
	return found
}

func (c *Cloud) endTokens(user string) {
	for id, t := range c.tokens {
		if t.user == user {
			delete(c.tokens, id)
		}
	}
}
