package testserver

import "database/sql"

// DropTables drops the tables of package sqlevents that begin with a prefix, and the table
// application, which tests make beside them. What is not there is no error.
func DropTables(db *sql.DB, prefix string) {
	for _, name := range []string{"outbox", "dead", "published", "leases", "members", "handled", "schema", "slots", "application"} {
		_, _ = db.Exec("DROP TABLE IF EXISTS " + prefix + name)
	}
}
