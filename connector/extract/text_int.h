/* text_int.h - texts of a message on their way to terms and detectors.
 *
 * Whoever finds a text (a body, a file name, a cell of a sheet) gives it here
 * once; it is folded, matched, run through the detectors and counted. Nothing
 * happens where nothing is asked of that place.
 */
#ifndef SEKISHO_EXTRACT_TEXT_INT_H
#define SEKISHO_EXTRACT_TEXT_INT_H

#include "connector/extract/scan_int.h"

#define TEXT_PART_MAX	 (8 * MIB)  /* UTF-8 of one part or file */
#define TEXT_MESSAGE_MAX (32 * MIB) /* of all texts of a message */

/* `part`: index of the view, or VIEW_WHOLE (subject). A text is looked at by
 * itself: no word and no number goes over its end. Above TEXT_PART_MAX, or
 * when the message had TEXT_MESSAGE_MAX, the rest is not looked at and the
 * part gets DOUBT_TOO_LARGE. Nothing is kept of utf8. */
void text_take(struct scan *s, enum place place, size_t part, struct str utf8,
	       bool html);
/* The same of bytes: a byte order mark, the charset named (empty: none), else
 * a guess. False: nobody knows the charset that was named. */
bool text_take_bytes(struct scan *s, enum place place, size_t part,
		     struct str bytes, struct str charset, bool html);
/* A leaf of the message that is text: decoded and taken. False: it was not
 * read to its end, and the view says so. */
bool text_part(struct scan *s, enum place place, size_t part);
/* Subject, header fields, bodies, and the names of files as the message itself
 * gives them. Attachments and attached mails are files_read()'s. */
void text_read(struct scan *s);
/* Is the text of this place wanted at all? */
bool text_wanted(const struct scan *s, enum place place);

/* between.c: what stands before the first part of a multipart and behind its
 * last: old mail programs show it. Of the parts first..end of the mail `of`;
 * it is told of `part`, or (VIEW_WHOLE) of each multipart itself, leaving out
 * those of attached mails. */
void between_read(struct scan *s, struct scan *of, enum place place,
		  size_t part, size_t first, size_t end);

/* Is it a type whose text stands between tags? */
bool text_has_tags(struct str type);

/* unfold.c: the text as it is with its lines joined; false: they are not. */
bool text_unfold(struct str text, bool delsp, struct buf *out);
/* Does a calendar hold files? */
bool text_carries_files(struct str text);

/* insets.c: raises a doubt where a file is written into the text. */
void insets_look(struct scan *s, size_t part, struct str text);

/* attributes.c: the words of HTML that stand in attributes, `alt` and others.
 * False: a link holds a file that is neither text nor picture. */
bool html_attributes(struct str html, struct buf *out);
/* turns.c: is the text shown in another order than it is written in? */
bool text_turns(struct str utf8, bool html);

/* The decoded bytes of a leaf into out, as far as out's maximum goes; it asks
 * for room a step further than they go. False: there is more, or the message
 * could not be read. */
#define CONTENT_STEP (64 * KIB)
bool content_read(struct scan *s, size_t part, struct buf *out);
/* Of a leaf that is large: its first and its last bytes, at least `head` and
 * `tail`, with nothing between them decoded. False: not to be had like this,
 * and out holds anything. */
bool content_ends(struct scan *s, size_t part, size_t head, size_t tail,
		  struct buf *head_r, struct buf *tail_r) MUST_USE;

#endif
