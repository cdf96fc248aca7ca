package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// operatorFile lets whoever may read the data directory use the command line
// without logging in. A running server writes it.
const operatorFile = "operator.json"

// operator is what operatorFile holds.
type operator struct {
	URL   string `json:"url"`
	Token string `json:"token"` // an API token of an admin
}

// writeOperator puts the file into the data directory, readable by its owner alone.
func writeOperator(dir string, o operator) error {
	text, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("cannot encode %s: %v", operatorFile, err)
	}
	// CreateTemp's files are 0600 from the start.
	file, err := os.CreateTemp(dir, operatorFile+".*")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", operatorFile, err)
	}
	defer os.Remove(file.Name()) // is gone already when it could be renamed
	_, err = file.Write(append(text, '\n'))
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), filepath.Join(dir, operatorFile))
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", filepath.Join(dir, operatorFile), err)
	}
	return nil
}

// findOperator reads the first operator file of the directories. Its path is
// empty when there is none.
func findOperator(dirs []string) (o operator, path string, err error) {
	for _, dir := range dirs {
		path := filepath.Join(dir, operatorFile)
		text, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case errors.Is(err, fs.ErrPermission):
			return operator{}, path, fmt.Errorf("cannot read %s: permission denied. Run this as the server's user, or give --server and --token", path)
		case err != nil:
			return operator{}, path, fmt.Errorf("cannot read the operator's access: %v", err)
		}
		if err := json.Unmarshal(text, &o); err != nil || o.URL == "" || o.Token == "" {
			return operator{}, path, fmt.Errorf("cannot use %s: it has no url and token. Start the server again, which writes it, or give --server and --token", path)
		}
		return o, path, nil
	}
	return operator{}, "", nil
}
