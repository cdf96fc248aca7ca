package images

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
)

// architectures are the names that images use for machines on which Docker runs
// (GOARCH values, as the OCI image specification has them).
var architectures = map[elf.Machine]string{
	elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", elf.EM_386: "386", elf.EM_ARM: "arm",
	elf.EM_PPC64: "ppc64le", elf.EM_S390: "s390x", elf.EM_RISCV: "riscv64", elf.EM_LOONGARCH: "loong64",
}

// ErrNotStatic means that a program cannot be an image of its own.
var ErrNotStatic = errors.New("not a static Linux program")

// staticArchitecture tells for which machine the program at path is made, and
// refuses one that could not start in an image with nothing else in it.
func staticArchitecture(path string) (string, error) {
	program, err := elf.Open(path)
	var format *elf.FormatError
	if errors.As(err, &format) || errors.Is(err, io.EOF) {
		return "", fmt.Errorf("%w: it is no ELF file: build one with GOOS=linux CGO_ENABLED=0", ErrNotStatic)
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = program.Close() }()
	if program.Type != elf.ET_EXEC && program.Type != elf.ET_DYN {
		return "", fmt.Errorf("it is no program but an ELF file of type %s", program.Type)
	}
	for _, segment := range program.Progs {
		if segment.Type == elf.PT_INTERP {
			return "", fmt.Errorf("%w: it is linked dynamically and its libraries are not in the image: build it with CGO_ENABLED=0", ErrNotStatic)
		}
	}
	architecture, known := architectures[program.Machine]
	if !known {
		return "", fmt.Errorf("images have no name for its machine %s", program.Machine)
	}
	return architecture, nil
}
