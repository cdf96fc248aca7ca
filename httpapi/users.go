package httpapi

import (
	"context"
	"errors"
	"net/mail"
	"slices"
	"strings"
	"time"

	"dockerdriver/actors/pool"
)

// userAccount is the JSON shape of pool.User.
type userAccount struct {
	ID        string     `json:"id"`
	Email     string     `json:"email"`
	Name      string     `json:"name"`
	Role      pool.Role  `json:"role" enum:"user,admin"`
	Blocked   bool       `json:"blocked"`
	CreatedAt *time.Time `json:"created_at"`
	Instances int        `json:"instances" doc:"How many live ones they have"`
	Password  string     `json:"password,omitempty" doc:"The password that was made: only in the answer that creates the user"`
}

func userOf(u pool.User, instances int) userAccount {
	return userAccount{
		ID: u.ID, Email: u.Email, Name: u.Name, Role: u.Role, Blocked: u.Blocked, CreatedAt: when(u.CreatedAt), Instances: instances,
	}
}

// liveByUser counts every user's live instances.
func (s *server) liveByUser() map[string]int {
	live := map[string]int{}
	for _, i := range s.Views.Snapshot().Instances {
		if i.State.Live() {
			live[i.UserID]++
		}
	}
	return live
}

func (s *server) listUsers(ctx context.Context, in *PageInput) (*listOutput[userAccount], error) {
	accounts, err := s.Accounts.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	live := s.liveByUser()
	items := make([]userAccount, 0, len(accounts))
	for _, a := range accounts {
		items = append(items, userOf(a.User, live[a.ID]))
	}
	return cut("users", items, *in, func(u userAccount) string { return u.Email })
}

type createUserInput struct {
	Body struct {
		Email    string    `json:"email" minLength:"3" maxLength:"254"`
		Name     string    `json:"name,omitempty" maxLength:"128"`
		Role     pool.Role `json:"role,omitempty" enum:"user,admin" doc:"user when left out"`
		Password string    `json:"password,omitempty" maxLength:"256" doc:"Made and returned once when left out"`
	}
}

func (s *server) createUser(ctx context.Context, in *createUserInput) (*bodyOutput[userAccount], error) {
	email, err := cleanEmail(in.Body.Email)
	if err != nil {
		return nil, err
	}
	_, err = s.Accounts.AccountByEmail(ctx, email)
	if err == nil {
		return nil, &pool.Error{Code: pool.CodeConflict, Message: "There is a user with this email already.", Hint: "Change that one.", Field: "email"}
	}
	if pool.CodeOf(err) != pool.CodeNotFound {
		return nil, err
	}
	password, shown := in.Body.Password, ""
	if password == "" {
		password = newID()
		shown = password
	}
	hash, err := s.passwords.hash(ctx, password)
	if err != nil {
		return nil, err
	}
	account := pool.Account{
		User: pool.User{ID: newID(), Email: email, Name: in.Body.Name, Role: in.Body.Role, CreatedAt: time.Now().UTC()},

		PasswordHash: hash,
	}
	if account.Role == "" {
		account.Role = pool.RoleUser
	}
	if account.Name == "" {
		account.Name, _, _ = strings.Cut(email, "@")
	}
	if err := s.Accounts.PutAccount(ctx, account); err != nil {
		return nil, err
	}
	s.note(ctx, "user.create", account.ID, account.Email+" "+string(account.Role))
	out := &bodyOutput[userAccount]{Body: userOf(account.User, 0)}
	out.Body.Password = shown
	return out, nil
}

func cleanEmail(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s {
		return "", pool.Invalid("email", "This is not an email address.", "Write it as name@example.org.")
	}
	return s, nil
}

type updateUserInput struct {
	IDInput
	Body struct {
		Name     *string    `json:"name,omitempty" minLength:"1" maxLength:"128"`
		Role     *pool.Role `json:"role,omitempty" enum:"user,admin"`
		Blocked  *bool      `json:"blocked,omitempty"`
		Password *string    `json:"password,omitempty" maxLength:"256"`
	}
}

func (s *server) updateUser(ctx context.Context, in *updateUserInput) (*bodyOutput[userAccount], error) {
	s.userChanges.Lock()
	defer s.userChanges.Unlock()
	before, err := s.changeable(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	after, changes := before, []string{}
	if in.Body.Name != nil {
		after.Name, changes = *in.Body.Name, append(changes, "name")
	}
	if in.Body.Role != nil {
		after.Role, changes = *in.Body.Role, append(changes, "role "+string(*in.Body.Role))
	}
	if in.Body.Blocked != nil {
		after.Blocked = *in.Body.Blocked
		changes = append(changes, map[bool]string{true: "blocked", false: "unblocked"}[after.Blocked])
	}
	if in.Body.Password != nil {
		if after.PasswordHash, err = s.passwords.hash(ctx, *in.Body.Password); err != nil {
			return nil, err
		}
		changes = append(changes, "password")
	}
	if canAdminister(before) && !canAdminister(after) {
		if err := s.notTheLast(ctx, before); err != nil {
			return nil, err
		}
	}
	if err := s.Accounts.PutAccount(ctx, after); err != nil {
		return nil, err
	}
	s.note(ctx, "user.update", after.ID, strings.Join(changes, ", "))
	if (after.Blocked && !before.Blocked) || in.Body.Password != nil {
		if err := s.throwOut(ctx, after.ID); err != nil {
			return nil, err
		}
	}
	return &bodyOutput[userAccount]{Body: userOf(after.User, s.liveByUser()[after.ID])}, nil
}

func (s *server) deleteUser(ctx context.Context, in *IDInput) (*emptyOutput, error) {
	s.userChanges.Lock()
	defer s.userChanges.Unlock()
	account, err := s.changeable(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	by := callerOf(ctx).User
	if account.ID == by.ID {
		return nil, pool.Refuse(pool.CodeConflict, "You cannot delete yourself.", "Another administrator can.")
	}
	if canAdminister(account) {
		if err := s.notTheLast(ctx, account); err != nil {
			return nil, err
		}
	}
	// Blocked first, so that nothing new is launched while the rest is ended.
	account.Blocked = true
	if err := s.Accounts.PutAccount(ctx, account); err != nil {
		return nil, err
	}
	if err := s.throwOut(ctx, account.ID); err != nil {
		return nil, err
	}
	for _, i := range s.Views.Snapshot().Instances {
		if i.UserID != account.ID || i.State.Ended() {
			continue
		}
		if _, err := s.Launcher.EndInstance(ctx, by, i.ID, pool.EndByAdmin); err != nil && pool.CodeOf(err) != pool.CodeNotFound {
			return nil, err
		}
	}
	if err := s.Accounts.DeleteAccount(ctx, account.ID); err != nil {
		return nil, err
	}
	s.note(ctx, "user.delete", account.ID, account.Email)
	return nil, nil
}

// changeable returns an account that administrators may change.
func (s *server) changeable(ctx context.Context, id string) (pool.Account, error) {
	if id == systemID {
		return pool.Account{}, pool.Refuse(pool.CodeConflict, "This account belongs to the server's own command line.", "Leave it as it is; nobody can log in with it.")
	}
	a, err := s.Accounts.Account(ctx, id)
	if err != nil {
		return a, unknownAs(err, notFound("user"))
	}
	return a, nil
}

// canAdminister tells whether a person can log in with it and configure.
func canAdminister(a pool.Account) bool { return a.IsAdmin() && !a.Blocked && a.PasswordHash != "" }

func (s *server) notTheLast(ctx context.Context, account pool.Account) error {
	all, err := s.Accounts.Accounts(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(a pool.Account) bool { return a.ID != account.ID && canAdminister(a) }) {
		return nil
	}
	return pool.Refuse(pool.CodeConflict, "This is the last administrator who can log in.", "Make another user an administrator first.")
}

// throwOut ends all of a user's logins and closes the notebooks they are in.
func (s *server) throwOut(ctx context.Context, userID string) error {
	return errors.Join(
		s.Logins.DeleteLoginsOf(ctx, userID),
		s.Door.Revoke(ctx, pool.Revocation{UserID: userID}),
	)
}
