# A page of Markdown from a header: comments that begin at the margin are text,
# with their pieces of code; all else is code.
#
#   awk -v name=lunatic/mailbox.h -f header.awk HEADER

function code() {
	if (!fenced) {
		print "\n```c"
		fenced = 1
	}
}

function text() {
	if (fenced) {
		print "```\n"
		fenced = 0
	}
}

BEGIN { print "# " name "\n" }

# Guards, and what C++ needs.
/^#ifndef [A-Z_]*_H$/ || /^#define [A-Z_]*_H$/ || /^#ifdef __cplusplus/ { skip = /cplusplus/; next }
skip { if (/^#endif/) skip = 0; next }
/^\/\*/ { comment = 1; text() }
comment {
	last = /\*\/$/
	sub(/^ ?\/\*+ ?/, "")
	sub(/^ ?\*(\/$)?/, "")
	sub(/ ?\*\/$/, "")
	if (/^\t/) {
		sub(/^\t/, "")
		code()
		print
	} else if (/^ *$/ && fenced) {
		print ""
	} else {
		text()
		sub(/^ /, "")
		gsub(/</, "\\&lt;")
		gsub(/_/, "\\_")
		gsub(/\*/, "\\*")
		print
	}
	if (last) {
		comment = 0
		text()
	}
	next
}
/^ *$/ { if (fenced) blank = 1; next }
{
	if (!fenced) code()
	else if (blank) print ""
	blank = 0
	print
}
END { text() }
