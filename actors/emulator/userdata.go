package emulator

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"

	"gopkg.in/yaml.v3"
)

// daemonFile is where an engine's settings are, which name its TLS files.
const daemonFile = "/etc/docker/daemon.json"

// serverTLS is how the engine of a machine with that user-data speaks: with the
// certificate and for the clients that its files say, as dockerd --tlsverify.
func serverTLS(userData []byte) (*tls.Config, error) {
	files, err := writtenFiles(userData)
	if err != nil {
		return nil, fmt.Errorf("cannot read user-data: %w", err)
	}
	var daemon struct {
		TLSVerify bool
		TLSCACert string
		TLSCert   string
		TLSKey    string
	}
	if err := json.Unmarshal(files[daemonFile], &daemon); err != nil {
		return nil, fmt.Errorf("cannot read %s of user-data: %w", daemonFile, err)
	}
	if !daemon.TLSVerify {
		return nil, fmt.Errorf("%s does not say tlsverify: an engine that serves everybody is not started", daemonFile)
	}
	pair, err := tls.X509KeyPair(files[daemon.TLSCert], files[daemon.TLSKey])
	if err != nil {
		return nil, fmt.Errorf("cannot use the certificate %s of user-data: %w", daemon.TLSCert, err)
	}
	clients := x509.NewCertPool()
	if !clients.AppendCertsFromPEM(files[daemon.TLSCACert]) {
		return nil, fmt.Errorf("the file %s of user-data has no certificate", daemon.TLSCACert)
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients,
	}, nil
}

// writtenFiles are the files that cloud-init would write, by path.
func writtenFiles(userData []byte) (map[string][]byte, error) {
	parts, err := configParts(userData)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, part := range parts {
		var config struct {
			WriteFiles []struct{ Path, Content, Encoding string } `yaml:"write_files"`
		}
		if err := yaml.Unmarshal(part, &config); err != nil {
			return nil, err
		}
		for _, f := range config.WriteFiles {
			if files[f.Path], err = decoded(f.Content, f.Encoding); err != nil {
				return nil, fmt.Errorf("file %s: %w", f.Path, err)
			}
		}
	}
	return files, nil
}

// configParts are the cloud-config documents of user-data: the whole, or parts of
// a MIME message.
func configParts(userData []byte) ([][]byte, error) {
	userData, err := unzipped(userData)
	if err != nil {
		return nil, err
	}
	const isConfig = "#cloud-config"
	if bytes.HasPrefix(userData, []byte(isConfig)) {
		return [][]byte{userData}, nil
	}
	message, err := mail.ReadMessage(bytes.NewReader(userData))
	if err != nil {
		return nil, errors.New("it is neither cloud-config nor a MIME message")
	}
	kind, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		return nil, errors.New("it is a message without parts")
	}
	var parts [][]byte
	for reader := multipart.NewReader(message.Body, parameters["boundary"]); ; {
		part, err := reader.NextPart() // decodes quoted-printable
		if errors.Is(err, io.EOF) {
			return parts, nil
		}
		if err != nil {
			return nil, err
		}
		var body io.Reader = part
		if strings.EqualFold(part.Header.Get("Content-Transfer-Encoding"), "base64") {
			body = base64.NewDecoder(base64.StdEncoding, part)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			return nil, err
		}
		if bytes.HasPrefix(text, []byte(isConfig)) {
			parts = append(parts, text)
		}
	}
}

// decoded undoes a file's encoding as cloud-init names them: b64, gzip, gz+b64.
func decoded(content, encoding string) ([]byte, error) {
	data := []byte(content)
	if strings.Contains(encoding, "b64") || strings.Contains(encoding, "base64") {
		var err error
		if data, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(content), "")); err != nil {
			return nil, err
		}
	}
	if strings.Contains(encoding, "gz") {
		return unzipped(data)
	}
	return data, nil
}

func unzipped(data []byte) ([]byte, error) {
	if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return data, nil
	}
	reader, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	return io.ReadAll(reader)
}
