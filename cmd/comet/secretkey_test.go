package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecretsKeepTheirKeyOverARestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := startComet(t, "--dir", dir)
	if got := p.connect().do("ASO.SECRET", "SET", "token", "correct-horse-battery"); got != "OK" {
		t.Fatal(got)
	}
	p.terminate()
	path := filepath.Join(dir, secretKeyName)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info, err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if content, err := os.ReadFile(file); err != nil || strings.Contains(string(content), "correct-horse-battery") {
			t.Errorf("%s has the secret, %v", file, err)
		}
	}
	usable := func(want string) {
		t.Helper()
		p := startComet(t, "--dir", dir)
		if got := p.connect().do("ASO.SECRET", "LIST"); !strings.Contains(got, "token") || !strings.Contains(got, "usable "+want) {
			t.Errorf("%s, want usable %s", got, want)
		}
		p.terminate()
	}
	usable("1")
	key, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	usable("0") // another key is made: what was sealed stays, and cannot be used
	if err := os.WriteFile(path, key, 0o600); err != nil {
		t.Fatal(err)
	}
	usable("1")
}

func TestWrongSecretKeyFileEndsTheStart(t *testing.T) {
	dir := t.TempDir()
	short := writeFile(t, filepath.Join(dir, "short"), "abcd\n")
	open := writeFile(t, filepath.Join(dir, "open"), strings.Repeat("ab", 32))
	if err := os.Chmod(open, 0o640); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "missing"): "no such file", short: "does not hold 64 hexadecimal digits", open: "has mode 0640: others can read it (chmod 600)",
	} {
		if got := failToStart(t, "--dir", filepath.Join(dir, "data"), "--aso-secret-key-file", path); !strings.Contains(got, "key of secrets: ") || !strings.Contains(got, want) {
			t.Errorf("%s: %s", path, got)
		}
	}
}
