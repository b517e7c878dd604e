package command

import (
	"math/bits"
	"slices"
)

// partialSort sorts items so far that those from first to last, both included, are the ones that stand there in the order. It is the quicksort of
// Bentley and McIlroy that Redis uses, which leaves equal items in the same places as there.
func partialSort[T any](items []T, compare func(a, b *T) int, first, last int) {
	partialSortTo(2*bits.Len(uint(len(items))), items, compare, first, last)
}

// partialSortTo is partialSort to some depth. What only contrived items need beyond that is sorted in another way, which keeps the time short.
func partialSortTo[T any](depth int, items []T, compare func(a, b *T) int, first, last int) {
	for ; len(items) >= 7; depth-- {
		if depth == 0 {
			slices.SortFunc(items, func(a, b T) int { return compare(&a, &b) })
			return
		}
		n, middle := len(items), pivot(items, compare)
		items[0], items[middle] = items[middle], items[0]
		less, greater := partition(items, compare)
		if overlaps(0, less-1, first, last) && less > 1 {
			partialSortTo(depth-1, items[:less], compare, first, last)
		}
		from := n - greater
		if greater <= 1 || !overlaps(from, n-1, first, last) {
			return
		}
		items, first, last = items[from:], first-from, last-from
	}
	insertionSort(items, compare)
}

func overlaps(from, to, first, last int) bool { return last >= from && first <= to }

func insertionSort[T any](items []T, compare func(a, b *T) int) {
	for i := 1; i < len(items); i++ {
		for j := i; j > 0 && compare(&items[j-1], &items[j]) > 0; j-- {
			items[j], items[j-1] = items[j-1], items[j]
		}
	}
}

// pivot returns the place of the item to divide the others by: the median of three or nine.
func pivot[T any](items []T, compare func(a, b *T) int) int {
	n := len(items)
	low, middle, high := 0, n/2, n-1
	if n <= 7 {
		return middle
	}
	if n > 40 {
		d := n / 8
		low = median(items, compare, low, low+d, low+2*d)
		middle = median(items, compare, middle-d, middle, middle+d)
		high = median(items, compare, high-2*d, high-d, high)
	}
	return median(items, compare, low, middle, high)
}

func median[T any](items []T, compare func(a, b *T) int, i, j, k int) int {
	a, b, c := &items[i], &items[j], &items[k]
	if compare(a, b) < 0 {
		switch {
		case compare(b, c) < 0:
			return j
		case compare(a, c) < 0:
			return k
		}
		return i
	}
	switch {
	case compare(b, c) > 0:
		return j
	case compare(a, c) < 0:
		return i
	}
	return k
}

// partition brings the items that are less than the first one to the front and the greater ones to the end, and returns how many there are of each.
func partition[T any](items []T, compare func(a, b *T) int) (less, greater int) {
	n := len(items)
	equalFront, front := 1, 1
	equalBack, back := n-1, n-1
	for {
		for ; front <= back; front++ {
			r := compare(&items[front], &items[0])
			if r > 0 {
				break
			}
			if r == 0 {
				items[equalFront], items[front] = items[front], items[equalFront]
				equalFront++
			}
		}
		for ; front <= back; back-- {
			r := compare(&items[back], &items[0])
			if r < 0 {
				break
			}
			if r == 0 {
				items[back], items[equalBack] = items[equalBack], items[back]
				equalBack--
			}
		}
		if front > back {
			break
		}
		items[front], items[back] = items[back], items[front]
		front++
		back--
	}
	less, greater = front-equalFront, equalBack-back
	r := min(equalFront, less)
	swapRanges(items[:r], items[front-r:front])
	r = min(greater, n-equalBack-1)
	swapRanges(items[front:front+r], items[n-r:])
	return less, greater
}

func swapRanges[T any](a, b []T) {
	for i := range a {
		a[i], b[i] = b[i], a[i]
	}
}
