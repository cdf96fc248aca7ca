package httpapi

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"dockerdriver/actors/pool"
)

// list is every listing.
type list[T any] struct {
	Items      []T     `json:"items"`
	NextCursor *string `json:"next_cursor" doc:"Pass it as cursor to get what follows; null: nothing does"`
}

type listOutput[T any] struct{ Body list[T] }

type bodyOutput[T any] struct{ Body T }

type versionedOutput[T any] struct {
	ETag string `header:"ETag" doc:"The version, for If-Match"`
	Body T
}

type emptyInput struct{}

type emptyOutput struct{}

// IDInput is the id in a path. It and the other parts of inputs are exported
// because huma does not look into embedded types that are not.
type IDInput struct {
	ID string `path:"id" maxLength:"128"`
}

// PageInput asks for a part of a listing.
type PageInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"1000" doc:"Most items to return"`
	Cursor string `query:"cursor" maxLength:"512" doc:"next_cursor of the answer before"`
}

// cut returns the page of items, which are sorted here by their key. Keys are
// unique; a cursor is the key of the last item before the page, so that items
// which come and go between two pages neither repeat nor hide others. It bears
// the listing's name, because a key means nothing in another one.
func cut[T any](name string, items []T, p PageInput, key func(T) string) (*listOutput[T], error) {
	slices.SortFunc(items, func(a, b T) int { return strings.Compare(key(a), key(b)) })
	if p.Cursor != "" {
		after, err := keyOf(name, p.Cursor)
		if err != nil {
			return nil, err
		}
		items = slices.DeleteFunc(items, func(i T) bool { return key(i) <= after })
	}
	out := whole(items)
	if p.Limit > 0 && len(items) > p.Limit {
		out.Body.Items = items[:p.Limit]
		out.Body.NextCursor = orNothing(cursorOf(name, key(items[p.Limit-1])))
	}
	return out, nil
}

func cursorOf(name, key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(name + " " + key))
}

func keyOf(name, cursor string) (string, error) {
	// What cannot be decoded leaves no words behind, and so no name.
	words, _ := base64.RawURLEncoding.DecodeString(cursor)
	key, ok := strings.CutPrefix(string(words), name+" ")
	if !ok {
		return "", foreignCursor()
	}
	return key, nil
}

func foreignCursor() *pool.Error {
	return pool.Invalid("cursor", "The cursor is not one of this list.", "Use the next_cursor of the page before, or leave it out.")
}

// WholeInput is asked of listings that always come whole.
type WholeInput struct{}

// Resolve refuses a cursor: none is one of theirs.
func (*WholeInput) Resolve(ctx huma.Context) []error {
	if ctx.Query("cursor") == "" {
		return nil
	}
	return []error{problemOf(ctx.Context(), foreignCursor())}
}

// whole is a listing that is never long enough to be cut.
func whole[T any](items []T) *listOutput[T] {
	return &listOutput[T]{Body: list[T]{Items: filled(items)}}
}

// orNothing is a text, or null for an empty one.
func orNothing(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// filled makes an absent slice an empty JSON array.
func filled[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// orNull is an object or null. huma has no nullable objects of its own.
type orNull[T any] struct{ value *T }

// MarshalJSON writes the object or null.
func (o orNull[T]) MarshalJSON() ([]byte, error) { return json.Marshal(o.value) }

// Schema describes the two possibilities.
func (orNull[T]) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{r.Schema(reflect.TypeFor[T](), true, ""), {Type: "null"}}}
}

// when is a time in UTC, or null for the zero time.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// orderOf is a sorting key: by time, then by id.
func orderOf(t time.Time, id string) string {
	return t.UTC().Format("2006-01-02T15:04:05.000000000Z") + "/" + id
}

func etag(version int) string { return strconv.Quote(strconv.Itoa(version)) }

// VersionInput is the If-Match of a write; without it nothing is compared.
type VersionInput struct {
	IfMatch string `header:"If-Match" maxLength:"64" doc:"ETag of what was read; the write is refused with 412 when it has changed since"`
}

// version returns 0 for "do not compare".
func (v VersionInput) version() (int, error) {
	if v.IfMatch == "" || v.IfMatch == "*" {
		return 0, nil
	}
	n, err := strconv.Atoi(strings.Trim(strings.TrimPrefix(v.IfMatch, "W/"), `"`))
	if err != nil || n < 1 {
		return 0, editConflict()
	}
	return n, nil
}

func editConflict() *pool.Error {
	return pool.Refuse(pool.CodeEditConflict, "Somebody else has changed it since you read it.", "Read it again and repeat your change.")
}

func notFound(what string) *pool.Error {
	return pool.Refuse(pool.CodeNotFound, "There is no such "+what+".", "It may have been deleted; look at the list.")
}
