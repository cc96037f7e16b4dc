//go:build wasip1

package lunatic

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
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

// Listener accepts TCP connections. It is a net.Listener.
type Listener struct {
	id     uint64
	addr   net.Addr
	closed bool
}

var _ net.Listener = (*Listener)(nil)

// Listen listens at HOST:PORT; port 0 lets the system choose one.
func Listen(name string) (*Listener, error) {
	list, err := Resolve(name, Forever)
	for _, at := range list {
		var id, iterator uint64
		version, ip, scope := parts(at.Addr())
		if netBind(version, unsafe.Pointer(&ip), uint32(at.Port()), 0,
			scope, unsafe.Pointer(&id)) != 0 {
			err = hostError(id)
			continue
		}
		l := &Listener{id: id, addr: net.TCPAddrFromAddrPort(at)}
		if netLocalAddr(id, unsafe.Pointer(&iterator)) == 0 {
			for _, bound := range addresses(iterator) {
				l.addr = net.TCPAddrFromAddrPort(bound)
			}
		} else {
			errorDrop(iterator)
		}
		return l, nil
	}
	return nil, err
}

// Accept waits for a connection, which parks the whole process. So spawn a
// process for each connection, and send it the *Conn.
func (l *Listener) Accept() (net.Conn, error) { return l.AcceptConn() }

// AcceptConn is Accept with a *Conn.
func (l *Listener) AcceptConn() (*Conn, error) {
	if l.closed {
		return nil, net.ErrClosed
	}
	var id, iterator uint64
	if netAccept(l.id, unsafe.Pointer(&id),
		unsafe.Pointer(&iterator)) != 0 {
		return nil, hostError(id)
	}
	c := &Conn{id: id, local: l.addr, remote: &net.TCPAddr{}}
	for _, peer := range addresses(iterator) {
		c.remote = net.TCPAddrFromAddrPort(peer)
	}
	return c, nil
}

// Close stops listening.
func (l *Listener) Close() error {
	if l.closed {
		return net.ErrClosed
	}
	l.closed = true
	netDropListener(l.id)
	return nil
}

// Addr is where it listens.
func (l *Listener) Addr() net.Addr { return l.addr }

// Conn is a TCP connection. It is a net.Conn, and can be a part of messages,
// as *Conn: the message has a clone, and the connection is closed when all
// clones are. In a process that got it by a message it knows no addresses.
type Conn struct {
	id            uint64
	local, remote net.Addr
	read, write   time.Time // deadlines; zero: none
	closed        bool
}

var _ net.Conn = (*Conn)(nil)

// Dial connects with HOST:PORT.
func Dial(name string, timeout time.Duration) (*Conn, error) {
	list, err := Resolve(name, timeout)
	for _, at := range list {
		var id uint64
		version, ip, scope := parts(at.Addr())
		switch netConnect(version, unsafe.Pointer(&ip),
			uint32(at.Port()), 0, scope, milliseconds(timeout),
			unsafe.Pointer(&id)) {
		case 0:
			return &Conn{id: id, local: &net.TCPAddr{},
				remote: net.TCPAddrFromAddrPort(at)}, nil
		case timedOut:
			err = ErrTimeout
		default:
			err = hostError(id)
		}
	}
	return nil, err
}

// left is the time until a deadline; false: it is over.
func left(deadline time.Time) (time.Duration, bool) {
	if deadline.IsZero() {
		return Forever, true
	}
	rest := time.Until(deadline)
	return rest, rest > 0
}

// result turns what the host returned into what Go expects.
func result(code uint32, value uint64) (int, error) {
	switch code {
	case 0:
		return int(value), nil
	case timedOut:
		return 0, os.ErrDeadlineExceeded
	}
	return 0, hostError(value)
}

// Read waits for bytes, which parks the whole process, at most until the
// deadline.
func (c *Conn) Read(data []byte) (int, error) {
	if c.closed {
		return 0, net.ErrClosed
	}
	timeout, is := left(c.read)
	if !is {
		return 0, os.ErrDeadlineExceeded
	}
	if len(data) == 0 {
		return 0, nil
	}
	var value uint64
	code := netRead(c.id, unsafe.Pointer(&data[0]), uint32(len(data)),
		milliseconds(timeout), unsafe.Pointer(&value))
	n, err := result(code, value)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

// Write writes all bytes.
func (c *Conn) Write(data []byte) (written int, err error) {
	for written < len(data) {
		if c.closed {
			return written, net.ErrClosed
		}
		timeout, is := left(c.write)
		if !is {
			return written, os.ErrDeadlineExceeded
		}
		rest := data[written:]
		piece := [2]uint32{
			uint32(uintptr(unsafe.Pointer(&rest[0]))),
			uint32(len(rest)),
		}
		var value uint64
		code := netWrite(c.id, unsafe.Pointer(&piece), 1,
			milliseconds(timeout), unsafe.Pointer(&value))
		n, err := result(code, value)
		if err != nil {
			return written, err
		}
		written += n
	}
	return written, nil
}

// Close closes this clone of the connection.
func (c *Conn) Close() error {
	if c.closed {
		return net.ErrClosed
	}
	c.closed = true
	netDropStream(c.id)
	return nil
}

// LocalAddr is the address of this side, if it is known.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr is the address of the other side, if it is known.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline sets both deadlines; the zero time is none.
func (c *Conn) SetDeadline(t time.Time) error {
	c.read, c.write = t, t
	return nil
}

// SetReadDeadline sets when Read gives up.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.read = t
	return nil
}

// SetWriteDeadline sets when Write gives up.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.write = t
	return nil
}

// PackTo writes a clone of the connection into a message.
func (c *Conn) PackTo(e *pack.Encoder) {
	if !writing {
		e.Fail(ErrNoMessage)
	} else if c.closed {
		e.Fail(net.ErrClosed)
	} else {
		e.Uint(messagePushStream(netCloneStream(c.id)))
	}
}

// UnpackFrom takes a connection out of a message.
func (c *Conn) UnpackFrom(d *pack.Decoder) {
	if index, can := handleIndex(d); can {
		*c = Conn{id: messageTakeStream(index), local: &net.TCPAddr{},
			remote: &net.TCPAddr{}}
	}
}
