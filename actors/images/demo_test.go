package images

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/stretchr/testify/require"
)

// program writes the smallest ELF file that says it is a program: headers and
// code for amd64 that ends with exit code 42.
func program(t *testing.T, change func(*elf.Header64, *elf.Prog64)) string {
	t.Helper()
	code := []byte{
		0xbf, 42, 0, 0, 0, // mov edi, 42
		0xb8, 60, 0, 0, 0, // mov eax, 60 (exit)
		0x0f, 0x05, // syscall
	}
	const headers, base = 64 + 56, 0x400000
	header := elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: 1,
		Entry: base + headers, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1,
	}
	segment := elf.Prog64{
		Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Vaddr: base, Paddr: base,
		Filesz: headers + uint64(len(code)), Memsz: headers + uint64(len(code)), Align: 0x1000,
	}
	if change != nil {
		change(&header, &segment)
	}
	var file bytes.Buffer
	for _, part := range []any{header, segment, code} {
		require.NoError(t, binary.Write(&file, binary.LittleEndian, part))
	}
	path := filepath.Join(t.TempDir(), "program")
	require.NoError(t, os.WriteFile(path, file.Bytes(), 0o755))
	return path
}

func TestDemoImageIsWhatDockerSaveWouldWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "images", DemoFile)
	demo, err := WriteDemo(t.Context(), path, program(t, nil), DemoOptions{Env: []string{"A=b"}})
	require.NoError(t, err)
	require.True(t, demo.Written)
	require.Equal(t, DemoTag, demo.Tag)

	file, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	require.NoError(t, err)
	require.Equal(t, demo.Size, info.Size())
	require.Equal(t, os.FileMode(0o644), info.Mode())
	found, err := readArchive(t.Context(), file)
	require.NoError(t, err)
	images := found.images
	require.Len(t, images, 1)
	require.Equal(t, demo.Digest, images[0].ID)
	require.Equal(t, []string{DemoTag}, images[0].Tags)
	require.Equal(t, []int{DemoPort}, images[0].Ports)

	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1, "no temporary file is left")
}

func TestDemoImageHoldsWhatTheNotebookNeeds(t *testing.T) {
	t.Parallel()
	image, err := ownImage(t.Context(), program(t, nil), "amd64", demoConfig(DemoOptions{Env: []string{"A=b"}}))
	require.NoError(t, err)
	config, err := image.ConfigFile()
	require.NoError(t, err)
	require.Equal(t, []string{"/dockerdriver", "notebook"}, config.Config.Entrypoint)
	require.Equal(t, "/data", config.Config.WorkingDir)
	require.Equal(t, "1000:1000", config.Config.User)
	require.Contains(t, config.Config.Env, "A=b")
	require.Equal(t, "8787", config.Config.Labels["pb.port"])
	require.Equal(t, "linux", config.OS)
	require.Len(t, config.RootFS.DiffIDs, 1)

	files := unpackedFiles(t, mutate.Extract(image))
	require.EqualValues(t, 0o1777, files["tmp"].Mode)
	require.Equal(t, notebookUser, files["data"].Uid)
	require.EqualValues(t, 0o755, files["dockerdriver"].Mode)
	require.Contains(t, files, "etc/passwd")
	require.Contains(t, files, "etc/group")
}

func TestDemoImageIsTheSameForTheSameBinary(t *testing.T) {
	t.Parallel()
	dir, binary := t.TempDir(), program(t, nil)
	first, err := WriteDemo(t.Context(), filepath.Join(dir, "a.img"), binary, DemoOptions{})
	require.NoError(t, err)
	second, err := WriteDemo(t.Context(), filepath.Join(dir, "b.img"), binary, DemoOptions{})
	require.NoError(t, err)
	require.Equal(t, first.Digest, second.Digest)
	a, err := os.ReadFile(first.Path)
	require.NoError(t, err)
	b, err := os.ReadFile(second.Path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(a, b), "not the image alone, the whole file")

	other, err := WriteDemo(t.Context(), filepath.Join(dir, "c.img"), binary, DemoOptions{Env: []string{"A=b"}})
	require.NoError(t, err)
	require.NotEqual(t, first.Digest, other.Digest)
}

func TestDemoImageIsNotWrittenTwice(t *testing.T) {
	t.Parallel()
	path, binary := filepath.Join(t.TempDir(), DemoFile), program(t, nil)
	first, err := WriteDemo(t.Context(), path, binary, DemoOptions{})
	require.NoError(t, err)
	before, err := os.Stat(path)
	require.NoError(t, err)

	again, err := WriteDemo(t.Context(), path, binary, DemoOptions{})
	require.NoError(t, err)
	require.False(t, again.Written)
	require.Equal(t, first.Digest, again.Digest)
	require.Equal(t, first.Size, again.Size)
	after, err := os.Stat(path)
	require.NoError(t, err)
	require.True(t, os.SameFile(before, after))

	require.NoError(t, os.Truncate(path, before.Size()/2))
	healed, err := WriteDemo(t.Context(), path, binary, DemoOptions{})
	require.NoError(t, err)
	require.True(t, healed.Written, "a truncated file is replaced")
	renamed, err := WriteDemo(t.Context(), path, binary, DemoOptions{Tag: "other/name:1"})
	require.NoError(t, err)
	require.True(t, renamed.Written, "the same image under another name is another file")
	require.Equal(t, first.Digest, renamed.Digest)

	tag, err := name.NewTag("other/name:1")
	require.NoError(t, err)
	image, err := tarball.Image(gunzipped(path), &tag)
	require.NoError(t, err, "the library reads it too")
	digest, err := image.ConfigName()
	require.NoError(t, err)
	require.Equal(t, renamed.Digest, digest.String())
}

func TestDemoImageRefusesWhatCannotStartAlone(t *testing.T) {
	t.Parallel()
	text := filepath.Join(t.TempDir(), "script")
	require.NoError(t, os.WriteFile(text, []byte("#!/bin/sh\n"), 0o755))
	cases := []struct{ why, binary, words string }{
		{"dynamic", program(t, func(_ *elf.Header64, p *elf.Prog64) { p.Type = uint32(elf.PT_INTERP) }), "CGO_ENABLED=0"},
		{"a library's object", program(t, func(h *elf.Header64, _ *elf.Prog64) { h.Type = uint16(elf.ET_REL) }), "ET_REL"},
		{"an exotic machine", program(t, func(h *elf.Header64, _ *elf.Prog64) { h.Machine = uint16(elf.EM_VAX) }), "EM_VAX"},
		{"a script", text, "no ELF file"},
		{"nothing", filepath.Join(t.TempDir(), "none"), "no such file"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), DemoFile)
			_, err := WriteDemo(t.Context(), path, c.binary, DemoOptions{})
			require.ErrorContains(t, err, c.words)
			require.ErrorContains(t, err, "cannot make the demo image from "+c.binary)
			require.NoFileExists(t, path)
		})
	}
	_, err := WriteDemo(t.Context(), "x", program(t, nil), DemoOptions{Tag: "Not A Name"})
	require.ErrorContains(t, err, "cannot name the demo image")
}

func TestDemoImageThatCannotBeWrittenLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	blocked := filepath.Join(dir, DemoFile)
	require.NoError(t, os.MkdirAll(filepath.Join(blocked, "full"), 0o755))
	_, err := WriteDemo(t.Context(), blocked, program(t, nil), DemoOptions{})
	require.ErrorContains(t, err, "cannot write the demo image to "+blocked)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = WriteDemo(ctx, filepath.Join(dir, "late.img"), program(t, nil), DemoOptions{})
	require.ErrorContains(t, err, context.Canceled.Error())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
}
