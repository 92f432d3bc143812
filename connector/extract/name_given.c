/* name_given.c - given names that the dictionary of 2007 lacks: common ones of
 * later years, and those in hiragana.
 */
#include "connector/extract/name_int.h"

static const char *const names[] = {
	"結愛",	  "颯太",   "大翔",   "陽翔",	"陽葵",	  "結菜",   "咲良",
	"芽依",	  "朝陽",   "結翔",   "悠真",	"悠人",	  "悠斗",   "陽太",
	"陽斗",	  "湊斗",   "蒼空",   "颯真",	"大和",	  "奏太",   "伊織",
	"結月",	  "莉央",   "莉子",   "心春",	"心陽",	  "美桜",   "陽菜",
	"芽生",	  "一花",   "彩葉",   "葵衣",	"瑞希",	  "愛莉",   "結衣",
	"琉生",	  "琉愛",   "瑛太",   "健人",	"柚希",	  "柚葉",   "優月",
	"心結",	  "心愛",   "愛菜",   "翔真",	"陽向",	  "蒼太",   "蒼真",
	"湊太",	  "律希",   "樹生",   "凛音",	"琴葉",	  "紗良",   "楓花",
	"湊",	  "紬",	    "凛",     "蒼",	"颯",	  "朔",	    "凪",
	"澪",	  "さくら", "ひなた", "あかり", "ひかり", "みなみ", "かおり",
	"すみれ", "ひまり", "あおい", "はるか", "つむぎ", "いちか", "ほのか",
	"なつき", "こころ", "みゆき", "さおり", "ひろし", "たけし", "まこと",
};

size_t name_given_at(const struct fold *f, size_t i)
{
	for (size_t k = 0; k < ARRAY_LEN(names); k++) {
		size_t n = fold_word(f, i, names[k]);

		if (n)
			return n;
	}
	return 0;
}
