# shellcheck shell=sh disable=SC2154
# Read by run.sh and compare.sh.

# write_page TABLES: puts them into the page, between its marks.
write_page() {
	awk -v part="$1" '
		/^<!-- tables end/ { skip = 0 }
		!skip
		/^<!-- tables begin/ {
			skip = 1
			print ""
			while ((getline line <part) > 0)
				print line
			print ""
		}' "$page" >"$work/page"
	cat "$work/page" >"$page"
}
