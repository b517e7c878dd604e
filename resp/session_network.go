package resp

import "comet/resp/command"

// networkStats returns what INFO shows of the network.
func (s *Server) networkStats() command.NetworkStats {
	m := s.Metrics()
	return command.NetworkStats{
		Received: m.ConnectionsReceived.Load(), Rejected: m.ConnectionsRejected.Load() + m.ConnectionsDenied.Load(),
		Reads: m.Reads.Load(), Writes: m.Writes.Load(), BytesIn: m.BytesIn.Load(), BytesOut: m.BytesOut.Load(),
		HardLimit: m.OutputLimitHard.Load(), SoftLimit: m.OutputLimitSoft.Load(), QueryLimit: m.QueryLimitDisconnects.Load(),
		Idle: m.IdleDisconnects.Load(), ProtocolErrors: m.ProtocolErrors.Load(), AcceptFailures: m.AcceptErrors.Load(),
	}
}
