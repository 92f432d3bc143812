/* turns.c - marks that show letters in another order (Unicode UAX 9, 3.1): no
 * ordinary mail overrides the order, so nobody follows it here; see text_int.h.
 */
#include "connector/extract/html_int.h"
#include "connector/extract/text_int.h"

#define LRO 0x202du
#define RLO 0x202eu

static bool has_reference(struct str html)
{
	ptrdiff_t at;
	size_t n;

	while ((at = str_find(html, STR("&#"))) >= 0) {
		uint32_t cp;

		html = str_skip(html, (size_t)at);
		cp = html_reference(html, &n);
		if (cp == LRO || cp == RLO)
			return true;
		html = str_skip(html, STR("&#").n);
	}
	return false;
}

bool text_turns(struct str utf8, bool html)
{
	if (str_find(utf8, STR("\xe2\x80\xad")) >= 0 ||
	    str_find(utf8, STR("\xe2\x80\xae")) >= 0)
		return true;
	return html &&
	       (str_find_ci(utf8, STR("bidi-override")) >= 0 ||
		str_find_ci(utf8, STR("<bdo")) >= 0 || has_reference(utf8));
}
