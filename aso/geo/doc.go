// Package geo has positions on earth as Redis keeps them in sorted sets: the score of a member is its position in 52 bits, so that what is near
// is mostly near by score, too. Cells, the areas that a search looks into and their order, and the arithmetic of distances are those of Redis 7.0.
package geo
