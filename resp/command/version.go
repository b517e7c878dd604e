package command

// Version is that of Comet.
const Version = "0.1.0"

// RedisVersion is that of the Redis whose commands these are; clients look at it.
const RedisVersion = "7.0.15"
