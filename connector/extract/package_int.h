/* package_int.h - documents that are zips: Office since 2007 (ECMA-376) and
 * OpenDocument.
 *
 * Each part that is XML is read by the words of its root element, wherever it
 * lies: names of parts are free.
 */
#ifndef SEKISHO_EXTRACT_PACKAGE_INT_H
#define SEKISHO_EXTRACT_PACKAGE_INT_H

#include "connector/base/vec.h"
#include "connector/extract/files_int.h"
#include "connector/extract/fold_int.h"
#include "connector/extract/xml_int.h"

#define SHEET_STRINGS_MAX (16 * MIB) /* of all shared strings */
#define SHEET_STRINGS_N	  (2 * 1000 * 1000)
#define SHEET_STYLES_MAX  65536
#define SHEET_CELL_MAX	  (256 * KIB) /* Excel's own limit is 32,767 */
#define SHEET_COLUMNS_MAX 16384

/* What the sheets of a workbook share. */
struct sheets {
	struct buf strings;
	struct {
		VEC_OF(uint32_t); /* where each shared string ends */
	} ends;
	struct {
		VEC_OF(bool);
	} used;
	struct {
		VEC_OF(uint32_t); /* of each cell style: its number format */
	} styles;
	struct {
		VEC_OF(struct sheet_format {
			uint32_t id;
			struct str mask; /* "000-0000", in the arena */
		});
	} formats;
	struct {
		VEC_OF(uint8_t); /* of each column, 1 is the first: its head */
	} heads;
	struct fold fold; /* a text that may be one */
};

struct package {
	struct files *f;
	struct file *file;
	const struct zip_dir *dir;
	struct unzip *u;
	struct arena a;
	/* What the list of content types tells. */
	const struct kind *kind;
	bool macro;
	struct str strings, styles; /* names of parts, or empty */
	bool pictures;
	struct gather main; /* text as it is read */
	struct gather side; /* what stands within a paragraph, not of it */
	struct sheets sheets;
};

struct walk;
/* How parts with a certain root are read. */
struct mode {
	void (*begin)(struct walk *w, struct str name,
		      const struct xml_attrs *attrs);
	void (*end)(struct walk *w, struct str name);
	void (*text)(struct walk *w, struct str text);
};

/* One XML part. */
struct walk {
	struct package *p;
	const struct mode *mode;		  /* NULL: before the root */
	bool skip;				  /* there is no text in it */
	unsigned paragraphs, aside, cells, texts; /* open elements */
	/* Of a cell. */
	enum { CELL_NUMBER, CELL_SHARED, CELL_TEXT } cell;
	uint32_t style, column;
	bool in_value, in_formula;
	struct buf value, formula;
	bool in_styles;
	bool vanished; /* the run is hidden: what is around it is one word */
	unsigned told; /* open elements whose text stands beside */
};

/* package_text.c: all text of an XML part, doubts included. `lenient`: it is
 * often not well-formed, which harms nobody. */
void package_read_xml(struct package *p,
		      ptrdiff_t (*read)(void *arg, void *to, size_t n),
		      void *arg, bool lenient);
/* Text to where it belongs, and the end of a paragraph or row. */
void walk_put(struct walk *w, struct str text);
void walk_break(struct walk *w);

/* package_odf.c */
extern const struct mode mode_odf;

/* sheet.c */
extern const struct mode mode_sheet, mode_strings, mode_styles;
void sheets_init(struct sheets *s);
void sheets_release(struct sheets *s);
/* Shared strings that no sheet shows. */
void sheets_rest(struct package *p);

/* sheet_column.c: a row, a cell (its reference, or empty), the text in it; and
 * a number, which is read with the zeros that it lost, too, where the head of
 * its column says what it is. */
void column_row(struct walk *w);
void column_cell(struct walk *w, struct str reference);
void column_text(struct walk *w, struct str text);
void column_number(struct walk *w, struct str number);

/* sheet_number.c: a number as its reader sees it, with all digits. */
void sheet_number(struct str value, struct str mask, struct buf *out);
/* Is the number format one that only places digits: "0000-0000"? */
bool sheet_mask(struct str format, struct buf *mask);

#endif
