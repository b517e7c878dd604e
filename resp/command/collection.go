package command

// stored publishes a notification of a change that added to the collection at argument i. If the collection is new, it is stored before,
// because "new" comes first.
func (c *Call) stored(existed bool, class uint32, event string, i int) error {
	if !existed {
		if err := c.Tx.Flush(); err != nil {
			return err
		}
	}
	c.Tx.Notify(class, event, c.Arg(i))
	return nil
}
