package secure

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"hash"
)

var (
	errNoPass  = errors.New("the key is encrypted, and there is no password for it")
	errBadPass = errors.New("the password does not decrypt the key")
)

// decryptKey returns the PEM of a key without its encryption, if it has one.
func decryptKey(text []byte, pass string) ([]byte, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return text, nil // whoever uses it says so
	}
	//nolint:staticcheck // the old form of encryption is weak, and still found
	old := x509.IsEncryptedPEMBlock(block)
	switch {
	case !old && block.Type != "ENCRYPTED PRIVATE KEY":
		return text, nil
	case pass == "":
		return nil, errNoPass
	case old:
		der, err := x509.DecryptPEMBlock(block, []byte(pass)) //nolint:staticcheck // as above
		if err != nil {
			return nil, errBadPass
		}
		return pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: der}), nil
	}
	der, err := decryptPKCS8(block.Bytes, pass)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// The forms of RFC 5958 and RFC 8018.
type (
	encryptedKey struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	pbes2 struct {
		Derivation, Scheme pkix.AlgorithmIdentifier
	}
	pbkdf2Parameters struct {
		Salt       []byte
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
)

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
)

// hashes of PBKDF2, by the object identifier of the HMAC.
var hashes = map[string]func() hash.Hash{
	"": sha1.New, "1.2.840.113549.2.7": sha1.New, "1.2.840.113549.2.9": sha256.New, "1.2.840.113549.2.10": sha512.New384, "1.2.840.113549.2.11": sha512.New,
}

// blockCiphers are in CBC mode, by their object identifiers.
var blockCiphers = map[string]struct {
	keyLength int
	start     func(key []byte) (cipher.Block, error)
}{
	"2.16.840.1.101.3.4.1.2":  {16, aes.NewCipher},
	"2.16.840.1.101.3.4.1.22": {24, aes.NewCipher},
	"2.16.840.1.101.3.4.1.42": {32, aes.NewCipher},
	"1.2.840.113549.3.7":      {24, des.NewTripleDESCipher},
}

// maxIterations bounds the time that a file can cost.
const maxIterations = 10_000_000

// decryptPKCS8 decrypts with PBES2, PBKDF2 and a block cipher, which is what OpenSSL writes.
func decryptPKCS8(der []byte, pass string) ([]byte, error) {
	var key encryptedKey
	var scheme pbes2
	var derivation pbkdf2Parameters
	var iv []byte
	if !parses(der, &key) || !key.Algorithm.Algorithm.Equal(oidPBES2) ||
		!parses(key.Algorithm.Parameters.FullBytes, &scheme) || !scheme.Derivation.Algorithm.Equal(oidPBKDF2) ||
		!parses(scheme.Derivation.Parameters.FullBytes, &derivation) || !parses(scheme.Scheme.Parameters.FullBytes, &iv) {
		return nil, errors.New("the key is encrypted otherwise than with PBES2 and PBKDF2")
	}
	newHash, known := hashes[derivation.PRF.Algorithm.String()]
	block, knownCipher := blockCiphers[scheme.Scheme.Algorithm.String()]
	if !known || !knownCipher || derivation.Iterations < 1 || derivation.Iterations > maxIterations {
		return nil, fmt.Errorf("the key is encrypted with what is not known here: %v, %v, %d rounds",
			derivation.PRF.Algorithm, scheme.Scheme.Algorithm, derivation.Iterations)
	}
	secret, err := pbkdf2.Key(newHash, pass, derivation.Salt, derivation.Iterations, block.keyLength)
	if err != nil {
		return nil, err
	}
	c, err := block.start(secret)
	if err != nil {
		return nil, err
	}
	return decryptCBC(c, iv, key.Data)
}

func parses(der []byte, v any) bool {
	rest, err := asn1.Unmarshal(der, v)
	return err == nil && len(rest) == 0
}

// decryptCBC decrypts data and takes its padding off.
func decryptCBC(c cipher.Block, iv, data []byte) ([]byte, error) {
	size := c.BlockSize()
	if len(iv) != size || len(data) == 0 || len(data)%size != 0 {
		return nil, errBadPass
	}
	plain := make([]byte, len(data))
	cipher.NewCBCDecrypter(c, iv).CryptBlocks(plain, data)
	padding := int(plain[len(plain)-1])
	if padding == 0 || padding > size {
		return nil, errBadPass
	}
	plain = plain[:len(plain)-padding]
	if _, err := x509.ParsePKCS8PrivateKey(plain); err != nil {
		return nil, errBadPass
	}
	return plain, nil
}
