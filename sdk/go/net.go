//go:build wasip1 && !component

package lunatic

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"lunatic/pack"
)

// addresses takes all addresses out of an iterator, and drops that.
func addresses(iterator uint64) (list []netip.AddrPort) {
	defer netDropIterator(iterator)
	for {
		var version, flow, scope uint32
		var port uint16
		var ip [16]byte
		if netResolveNext(iterator, unsafe.Pointer(&version),
			unsafe.Pointer(&ip), unsafe.Pointer(&port),
			unsafe.Pointer(&flow), unsafe.Pointer(&scope)) != 0 {
			return list
		}
		addr := netip.AddrFrom16(ip)
		if version == 4 {
			addr = netip.AddrFrom4([4]byte(ip[:4]))
		} else if scope != 0 {
			addr = addr.WithZone(fmt.Sprint(scope))
		}
		list = append(list, netip.AddrPortFrom(addr, port))
	}
}

// parts are the version, address and scope as the host wants them.
func parts(addr netip.Addr) (version uint32, ip [16]byte, scope uint32) {
	fmt.Sscan(addr.Zone(), &scope)
	if addr.Is4() {
		four := addr.As4()
		copy(ip[:], four[:])
		return 4, ip, 0
	}
	return 6, addr.As16(), scope
}

// Resolve finds the addresses of HOST:PORT.
func Resolve(name string, timeout time.Duration) ([]netip.AddrPort, error) {
	var id uint64
	switch netResolve(address(name), uint32(len(name)),
		milliseconds(timeout), unsafe.Pointer(&id)) {
	case 0:
	case timedOut:
		return nil, ErrTimeout
	default:
		return nil, hostError(id)
	}
	list := addresses(id)
	if len(list) == 0 {
		return nil, errors.New("lunatic: no address of " + name)
	}
	return list, nil
}

// openFile makes a file of a descriptor, which waits as Go's own files and
// connections do: one goroutine, while the others go on.
func openFile(fd int32) (*os.File, error) {
	if fd < 0 {
		return nil, syscall.EMFILE
	}
	return os.NewFile(uintptr(fd), "tcp"), nil
}

// Listener accepts TCP connections. It is a net.Listener.
type Listener struct {
	id   uint64
	addr net.Addr
	file *os.File // by which it waits for connections
	gone bool     // it was closed
	*netError
}

var _ net.Listener = (*Listener)(nil)

// Listen listens at HOST:PORT; port 0 lets the system choose one.
func Listen(name string) (*Listener, error) {
	list, err := Resolve(name, Forever)
	for _, at := range list {
		var id uint64
		version, ip, scope := parts(at.Addr())
		if netBind(version, unsafe.Pointer(&ip), uint32(at.Port()), 0,
			scope, unsafe.Pointer(&id)) != 0 {
			err = hostError(id)
			continue
		}
		return newListener(id, net.TCPAddrFromAddrPort(at))
	}
	return nil, err
}

func newListener(id uint64, addr *net.TCPAddr) (*Listener, error) {
	file, err := openFile(netListenerFile(id))
	if err != nil {
		netDropListener(id)
		return nil, err
	}
	l := &Listener{id: id, addr: addr, file: file}
	var iterator uint64
	if netLocalAddr(id, unsafe.Pointer(&iterator)) == 0 {
		for _, bound := range addresses(iterator) {
			l.addr = net.TCPAddrFromAddrPort(bound)
		}
	} else {
		errorDrop(iterator)
	}
	l.netError = &netError{local: l.addr}
	return l, nil
}

// Accept waits for a connection, and returns a *Conn. Other goroutines go on
// meanwhile. A process for each connection (Entry.Spawn with the *Conn) is what
// keeps one that fails from taking the others with it.
func (l *Listener) Accept() (net.Conn, error) {
	c, err := l.AcceptConn()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// AcceptConn is Accept with a *Conn.
func (l *Listener) AcceptConn() (*Conn, error) {
	raw, err := l.file.SyscallConn()
	if err != nil {
		return nil, l.fails("accept", err)
	}
	waited := false
	err = raw.Read(func(uintptr) bool {
		is := waited
		waited = true
		return is
	})
	if l.gone {
		err = net.ErrClosed
	}
	if err != nil {
		return nil, l.fails("accept", err)
	}
	var id, iterator uint64
	if netAccept(l.id, unsafe.Pointer(&id),
		unsafe.Pointer(&iterator)) != 0 {
		return nil, l.fails("accept", hostError(id))
	}
	c := newConn(id)
	c.local = l.addr
	for _, peer := range addresses(iterator) {
		c.remote = net.TCPAddrFromAddrPort(peer)
	}
	return c, nil
}

// Close stops listening. Who waits in Accept gets net.ErrClosed.
func (l *Listener) Close() error {
	if l.gone {
		return l.fails("close", net.ErrClosed)
	}
	l.gone = true
	err := l.file.Close()
	netDropListener(l.id)
	return l.fails("close", err)
}

// Addr is where it listens.
func (l *Listener) Addr() net.Addr { return l.addr }

// SetDeadline sets when Accept gives up; the zero time is never.
func (l *Listener) SetDeadline(t time.Time) error {
	return l.fails("set", l.file.SetReadDeadline(t))
}

// netError makes the errors of a connection or a listener.
type netError struct {
	local, remote net.Addr
}

// fails is an error as those of package net are: io.EOF, or a *net.OpError of
// net.ErrClosed, os.ErrDeadlineExceeded or the syscall.Errno.
func (e *netError) fails(op string, err error) error {
	var path *os.PathError
	switch {
	case err == nil || err == io.EOF:
		return err
	case errors.Is(err, os.ErrClosed):
		err = net.ErrClosed
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = os.ErrDeadlineExceeded
	case errors.As(err, &path):
		err = path.Err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: e.local, Addr: e.remote,
		Err: err}
}

// Conn is a TCP connection. It is a net.Conn, and can be a part of messages,
// as *Conn: the message has a clone, and the connection is closed when all
// clones are. In a process that got it by a message it knows no addresses.
//
// What waits for it stops one goroutine; several may use it at the same time.
type Conn struct {
	id   uint64
	file *os.File // made when it is used first, as many are only passed on
	gone bool     // it was closed
	netError
}

var _ net.Conn = (*Conn)(nil)

func newConn(id uint64) *Conn {
	return &Conn{id: id, netError: netError{&net.TCPAddr{}, &net.TCPAddr{}}}
}

// Dial connects with HOST:PORT. Other goroutines stand still for 20 ms at most;
// what takes longer, a process of its own does.
func Dial(name string, timeout time.Duration) (*Conn, error) {
	return dial(name, timeout, nil)
}

// The host looks names up and connects while the whole process is parked; so
// long it may be, if others want to go on.
const standstill = 20 * time.Millisecond

func dial(name string, timeout time.Duration, done <-chan struct{}) (*Conn, error) {
	if done == nil && alone() || timeout >= 0 && timeout <= standstill {
		return dialParked(name, timeout)
	}
	start := time.Now()
	conn, err := dialParked(name, standstill)
	if err != ErrTimeout {
		return conn, err
	}
	if timeout >= 0 {
		timeout = max(timeout-time.Since(start), time.Millisecond)
	}
	dialer, err := dials.Spawn(struct{}{})
	if err != nil {
		// It may spawn no process.
		return dialParked(name, timeout)
	}
	defer dialer.Drop()
	var answer dialed
	err = call(dialer, dialOrder{name, timeout}, &answer, Forever, done)
	switch {
	case err != nil:
		dialer.Kill()
		return nil, err
	case answer.TimedOut:
		return nil, ErrTimeout
	case len(answer.Conns) == 0:
		return nil, errors.New(answer.Failure)
	}
	conn = answer.Conns[0]
	if at, err := netip.ParseAddrPort(answer.Remote); err == nil {
		conn.remote = net.TCPAddrFromAddrPort(at)
	}
	return conn, nil
}

type dialOrder struct {
	Name    string
	Timeout time.Duration
}

type dialed struct {
	Conns    []*Conn // one, or none
	Remote   string
	Failure  string
	TimedOut bool
}

// dials is a process that connects for another one.
var dials = Define("lunatic dial", func(struct{}) {
	var order dialOrder
	mail, err := Receive(Forever)
	if err != nil {
		return
	}
	sender, err := mail.Request(&order)
	if err != nil {
		return
	}
	var answer dialed
	conn, err := dialParked(order.Name, order.Timeout)
	if err == nil {
		answer.Conns = []*Conn{conn}
		answer.Remote = conn.remote.String()
	} else {
		answer.Failure = err.Error()
		answer.TimedOut = err == ErrTimeout
	}
	sender.Reply(answer)
})

// dialParked connects while the process is parked.
func dialParked(name string, timeout time.Duration) (*Conn, error) {
	list, err := Resolve(name, timeout)
	for _, at := range list {
		var id uint64
		version, ip, scope := parts(at.Addr())
		switch netConnect(version, unsafe.Pointer(&ip),
			uint32(at.Port()), 0, scope, milliseconds(timeout),
			unsafe.Pointer(&id)) {
		case 0:
			c := newConn(id)
			c.remote = net.TCPAddrFromAddrPort(at)
			return c, nil
		case timedOut:
			err = ErrTimeout
		default:
			err = hostError(id)
		}
	}
	return nil, err
}

// DialContext is Dial in the form that http.Transport and others take: network
// is "tcp".
func DialContext(ctx context.Context, network, name string) (net.Conn, error) {
	if !strings.HasPrefix(network, "tcp") {
		return nil, &net.OpError{Op: "dial", Net: network,
			Err: net.UnknownNetworkError(network)}
	}
	timeout, err := contextTimeout(ctx)
	if err != nil {
		return nil, err
	}
	c, err := dial(name, timeout, ctx.Done())
	if err != nil {
		return nil, contextError(ctx, err)
	}
	return c, nil
}

// open is the file of the connection.
func (c *Conn) open() (*os.File, error) {
	if c.gone {
		return nil, net.ErrClosed
	}
	if c.file == nil {
		file, err := openFile(netStreamFile(c.id))
		if err != nil {
			return nil, err
		}
		c.file = file
	}
	return c.file, nil
}

// use calls a function with the file.
func (c *Conn) use(op string, call func(file *os.File) (int, error)) (int, error) {
	file, err := c.open()
	if err != nil {
		return 0, c.fails(op, err)
	}
	n, err := call(file)
	return n, c.fails(op, err)
}

// Read waits for bytes, at most until the deadline, which stops this goroutine
// only.
func (c *Conn) Read(data []byte) (int, error) {
	return c.use("read", func(file *os.File) (int, error) {
		return file.Read(data)
	})
}

// Write writes all bytes.
func (c *Conn) Write(data []byte) (int, error) {
	return c.use("write", func(file *os.File) (int, error) {
		return file.Write(data)
	})
}

// CloseWrite says that no more bytes will come from here; Read goes on.
func (c *Conn) CloseWrite() error {
	_, err := c.use("close", func(file *os.File) (int, error) {
		raw, err := file.SyscallConn()
		if err != nil {
			return 0, err
		}
		var failed error
		err = raw.Control(func(fd uintptr) {
			failed = syscall.Shutdown(int(fd), syscall.SHUT_WR)
		})
		return 0, errors.Join(err, failed)
	})
	return err
}

// Close closes this clone of the connection. Who reads or writes gets
// net.ErrClosed.
func (c *Conn) Close() error {
	if c.gone {
		return c.fails("close", net.ErrClosed)
	}
	c.gone = true
	var err error
	if c.file != nil {
		err = c.file.Close()
	}
	netDropStream(c.id)
	return c.fails("close", err)
}

// LocalAddr is the address of this side, if it is known.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr is the address of the other side, if it is known.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline sets both deadlines; the zero time is none.
func (c *Conn) SetDeadline(t time.Time) error {
	return c.set(func(file *os.File) error { return file.SetDeadline(t) })
}

// SetReadDeadline sets when Read gives up.
func (c *Conn) SetReadDeadline(t time.Time) error {
	return c.set(func(file *os.File) error { return file.SetReadDeadline(t) })
}

// SetWriteDeadline sets when Write gives up.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	return c.set(func(file *os.File) error { return file.SetWriteDeadline(t) })
}

func (c *Conn) set(deadline func(file *os.File) error) error {
	_, err := c.use("set", func(file *os.File) (int, error) {
		return 0, deadline(file)
	})
	return err
}

// PackTo writes a clone of the connection into a message.
func (c *Conn) PackTo(e *pack.Encoder) {
	if !writing {
		e.Fail(ErrNoMessage)
	} else if c.gone {
		e.Fail(net.ErrClosed)
	} else {
		e.Uint(messagePushStream(netCloneStream(c.id)))
	}
}

// UnpackFrom takes a connection out of a message.
func (c *Conn) UnpackFrom(d *pack.Decoder) {
	if index, can := handleIndex(d); can {
		*c = *newConn(messageTakeStream(index))
	}
}
