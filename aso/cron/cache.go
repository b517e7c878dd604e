package cron

import "sync"

// Cache keeps schedules, because reading a zone is dear: it may come from a file.
type Cache struct {
	mu    sync.Mutex // guards known
	known map[[2]string]*Schedule
}

// Parse is the function Parse, but for schedules that are in the cache.
func (c *Cache) Parse(expr, zone string) (*Schedule, error) {
	name := [2]string{expr, zone}
	c.mu.Lock()
	s := c.known[name]
	c.mu.Unlock()
	if s != nil {
		return s, nil
	}
	s, err := Parse(expr, zone)
	if err != nil {
		return nil, err
	}
	const most = 4096
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= most {
		c.known = map[[2]string]*Schedule{}
	}
	c.known[name] = s
	return s, nil
}
