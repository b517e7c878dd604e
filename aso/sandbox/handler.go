package sandbox

// Handler names one of the events a Program can handle.
type Handler uint8

// The handlers, in the order of the documentation.
const (
	OnPut Handler = iota
	OnUpdate
	OnGet
	OnDelete
	OnExpire
	OnEvict
	OnTimer
	OnMessage
	OnAttach
	OnError
	handlerCount
)

var handlerNames = [handlerCount]string{
	"onPut", "onUpdate", "onGet", "onDelete", "onExpire", "onEvict", "onTimer", "onMessage", "onAttach", "onError",
}

// String returns the name of the Lua function, such as "onPut".
func (h Handler) String() string {
	if h >= handlerCount {
		return "unknown handler"
	}
	return handlerNames[h]
}

// HandlerByName finds a handler by the name of its Lua function.
func HandlerByName(name string) (Handler, bool) {
	for i, n := range handlerNames {
		if n == name {
			return Handler(i), true
		}
	}
	return 0, false
}
