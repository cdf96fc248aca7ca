// Package persistence keeps everything durable in one bbolt file. Values are
// JSON, so that an operator can read them with any bbolt viewer; keys are ids.
//
//	dockerdriver.db
//	├─ meta                schema → 2 · installation → <32 hex digits> · created → <RFC 3339>   (plain text)
//	├─ hosts               <host id>          → pool.Host
//	├─ instances           <instance id>      → pool.Instance
//	├─ blueprints          <blueprint id>     → pool.Blueprint
//	├─ variables           <key>              → pool.Variable
//	├─ notebook_sessions   <cookie hash>      → pool.NotebookSession
//	├─ accounts            <user id>          → pool.Account
//	├─ accounts_by_email   <lower-case email> → <user id>                                       (unique index)
//	├─ login_sessions      <token hash>       → pool.LoginSession
//	├─ tokens              <token id>         → pool.Token
//	├─ tokens_by_hash      <token hash>       → <token id>                                      (unique index)
//	├─ audit               <20-digit number>  → pool.AuditEntry                                 (newest 10,000)
//	└─ announcements       <announcement id>  → pool.Announcement                               (schema 2)
//
// A file that cannot be trusted is refused at Open with words: bbolt itself maps
// the file and follows its page numbers unchecked, so a damaged one would end the
// process. Writes are batched, so that concurrent callers share an fsync.
//
// The installation id is the mark on everything that is made outside; a copy of
// the file that runs beside the original would fight over the same containers.
package persistence
