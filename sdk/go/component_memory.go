//go:build wasip1 && component

package lunatic

import "unsafe"

// A component is asked for memory, by cabi_realloc, while it is in a call of the
// host that returns a list or a string; and by the adapter of WASI, once, in the
// first call of that, which Go's runtime makes before it is set up. In neither
// case may Go allocate: in the first nothing of the host may be called, not even
// the clock that the garbage collector looks at. So lists lie outside of Go's
// heap, in regions that are used again for the next call, and what becomes of
// them is copied. Regions are taken when a list has no room, each twice as large
// as all before: none is given back.

type region struct {
	at, size, used uintptr
}

const (
	firstLists   = 16 << 10
	adapterPages = 160 << 10
	maxRegions   = 20
)

var (
	lifting      bool // a call that may return lists goes on
	listsMemory  [firstLists]byte
	lists        [maxRegions]region
	listRegions  int
	pages        [adapterPages]byte // of the adapter
	adapterSpace region
)

//go:linkname sbrk runtime.sbrk
func sbrk(size uintptr) unsafe.Pointer

// fit takes memory out of a region, or returns 0.
//
//go:nosplit
func (r *region) fit(align, size uintptr) uintptr {
	at := (r.at + r.used + align - 1) &^ (align - 1)
	if end := r.at + r.size; at > end || size > end-at {
		return 0
	}
	r.used = at + size - r.at
	return at
}

// more makes a region that a size fits into. Go's runtime knows of these pages,
// and its own heap goes on behind them.
//
//go:nosplit
func (r *region) more(size uintptr) bool {
	size = (size + 1<<16) &^ (1<<16 - 1)
	at := sbrk(size)
	*r = region{uintptr(at), size, 0}
	return at != nil
}

//go:nosplit
func takeList(align, size uintptr) uintptr {
	if listRegions == 0 {
		lists[0] = region{uintptr(unsafe.Pointer(&listsMemory)),
			firstLists, 0}
		listRegions = 1
	}
	total := uintptr(0)
	for i := 0; i < listRegions; i++ {
		if at := lists[i].fit(align, size); at != 0 {
			return at
		}
		total += lists[i].size
	}
	if listRegions == maxRegions ||
		!lists[listRegions].more(max(2*total, size+align)) {
		return 0
	}
	listRegions++
	return lists[listRegions-1].fit(align, size)
}

//go:nosplit
func takePages(align, size uintptr) uintptr {
	if adapterSpace.at == 0 {
		adapterSpace = region{uintptr(unsafe.Pointer(&pages)),
			adapterPages, 0}
	}
	if at := adapterSpace.fit(align, size); at != 0 {
		return at
	}
	var own region
	if !own.more(size + align) {
		return 0
	}
	return own.fit(align, size)
}

// memory is what lies at an address outside of Go's heap.
//
//go:nosplit
func memory(at uintptr) unsafe.Pointer { return unsafe.Add(nil, at) }

//go:wasmexport cabi_realloc
//go:nosplit
func cabiRealloc(old unsafe.Pointer, oldSize, align, size uintptr) unsafe.Pointer {
	// An address that is in no memory: the host makes it a trap.
	nowhere := ^uintptr(0) &^ (align - 1)
	if size == 0 {
		return memory(align)
	}
	// Sizes are those of 32 bits, but what is computed with them has 64.
	var at uintptr
	if lifting {
		at = takeList(align, size)
	} else {
		at = takePages(align, size)
	}
	if at == 0 {
		return memory(nowhere)
	}
	for i := uintptr(0); i < min(oldSize, size); i++ {
		*(*byte)(memory(at + i)) = *(*byte)(unsafe.Add(old, i))
	}
	return memory(at)
}

// beginLists and endLists stand around a call that may return lists.
func beginLists() {
	for i := range listRegions {
		lists[i].used = 0
	}
	growStack()
	lifting = true
}

func endLists() { lifting = false }

// growStack leaves room on the stack for what is called back, so that it need
// not grow then.
//
//go:noinline
func growStack() {
	var room [4096]byte
	use(&room)
}

//go:noinline
func use(*[4096]byte) {}

// bytesAt copies a list of the host.
func bytesAt(at, size uint32) []byte {
	data := make([]byte, size)
	copy(data, unsafe.Slice((*byte)(memory(uintptr(at))), size))
	return data
}

func handlesAt(at, count uint32) []int32 {
	handles := make([]int32, count)
	copy(handles, unsafe.Slice((*int32)(memory(uintptr(at))), count))
	return handles
}
