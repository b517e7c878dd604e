package command

import (
	"encoding/base64"
	"unicode/utf8"

	"comet/aso"
)

// encodeTexts makes all texts base64 if one of them is no UTF-8, which JSON cannot hold, and reports whether it did.
func encodeTexts(texts ...*string) (isBase64 bool) {
	for _, text := range texts {
		isBase64 = isBase64 || !utf8.ValidString(*text)
	}
	for _, text := range texts {
		if isBase64 {
			*text = base64.StdEncoding.EncodeToString([]byte(*text))
		}
	}
	return isBase64
}

// decodeTexts undoes what encodeTexts did.
func decodeTexts(isBase64 bool, texts ...*string) error {
	if !isBase64 {
		return nil
	}
	for _, text := range texts {
		raw, err := base64.StdEncoding.DecodeString(*text)
		if err != nil {
			return aso.Error("ERR the manifest has bad base64: " + err.Error())
		}
		*text = string(raw)
	}
	return nil
}
