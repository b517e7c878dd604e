package resp

import (
	"log/slog"
	"time"

	"comet/resp/command"
)

// Connect returns a Server for the clients of commands, which follows the changes of its configuration. It listens nowhere yet.
func Connect(commands *command.Server, log *slog.Logger) *Server {
	config := commands.Config()
	server := NewServer(sessions{commands}, settingsOf(commands), log)
	config.OnChange(command.ConcernNetwork, func() error {
		server.Configure(settingsOf(commands))
		return nil
	})
	server.scales.weigh = func(c *Conn) bool {
		cl, ok := c.State.(*sessionConn)
		return ok && commands.Weigh(cl.session)
	}
	server.scales.evict = commands.Evict
	weigh := func() error {
		server.scales.on.Store(config.ClientMemory() > 0)
		return nil
	}
	config.OnChange(command.ConcernClients, weigh)
	config.OnChange(command.ConcernKeyspace, weigh)
	_ = weigh()
	commands.SetNetwork(server.networkStats)
	commands.OnAccessChange(func() { server.Configure(settingsOf(commands)) })
	return server
}

func settingsOf(commands *command.Server) Settings {
	c := commands.Config()
	s := Settings{
		MaxClients:        int(c.MaxClients.Load()),
		Timeout:           seconds(c.Timeout.Load()),
		KeepAlive:         seconds(c.TCPKeepAlive.Load()),
		ProtectedMode:     c.ProtectedMode.Load(),
		DefaultUserNoPass: commands.AllowsAnyone(),
		MaxBulk:           c.ProtoMaxBulkLen.Load(),
		MaxQueryBuffer:    c.QueryBufferLimit.Load(),
	}
	limits := c.OutputLimits.Load()
	for i, class := range []Class{ClassNormal, ClassReplica, ClassPubSub} {
		l := limits[i]
		s.OutputLimits[class] = OutputLimit{Hard: l.Hard, Soft: l.Soft, SoftFor: seconds(l.Seconds)}
	}
	return s
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }

func certificatesOf(c *command.Config) CertificateFiles {
	files := CertificateFiles{Files: c.Certificates()}
	switch c.TLSAuthClients.Load() {
	case "no":
		files.AuthClients = AuthClientsNo
	case "optional":
		files.AuthClients = AuthClientsOptional
	}
	return files
}

// checkPeers returns why the files for connections to other servers are no good, if there are to be such with TLS.
func checkPeers(c *command.Config) error {
	if !c.TLSReplicate.Load() && !c.TLSCluster.Load() {
		return nil
	}
	_, err := c.Certificates().Peer()
	return err
}
