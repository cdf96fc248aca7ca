// Package link joins the server to data planes that are processes of their own,
// so that a restart of the server cuts no notebook's connection.
//
// The server listens on a unix socket that only its own user can reach; both
// sides ask the kernel who the other is. A data plane that connects says its
// version and is given the whole route table, then what changes in it, and says
// of each change when it is in force. The other way go tickets to be redeemed and
// which notebooks were used. Frames are lines of JSON.
//
// A data plane keeps its last table while the server is away, and compares what
// is open with the whole one that it gets afterwards. A data plane that does not
// keep up is dropped, and begins anew: it holds the server up for a few seconds
// at most, and never its actors.
package link
