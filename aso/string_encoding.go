package aso

// SetPlainString is SetString for a string that OBJECT ENCODING never calls int, even if it reads like one.
func (tx *Tx) SetPlainString(key, s []byte, deadline int64) error {
	encoding := encRaw
	if len(s) <= embstrMax {
		encoding = encEmbstr
	}
	return tx.setString(key, s, deadline, encoding)
}
