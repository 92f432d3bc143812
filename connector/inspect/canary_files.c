/* canary_files.c - attachments of the canaries, one of each kind that is read:
 * their word is cut into runs, their number written as Excel writes it, their
 * name in CP932, their font not in the file.
 */
#include "connector/inspect/inspect_int.h"

#define HEAD                                                                   \
	"From: canary@example.jp\nTo: a@example.com\nMessage-ID: <c@x.jp>\n"   \
	"Date: Mon, 2 Nov 2026 10:00:00 +0900\nMIME-Version: 1.0\n"
#define FILE_NAMED(name)                                                       \
	HEAD "Content-Type: application/octet-stream; name=\"" name            \
	     "\"\nContent-Disposition: attachment\n"
#define BASE64 "Content-Transfer-Encoding: base64\n\n"

const struct canary canary_files[] = {
	{"docx",
	 FILE_NAMED("c.docx") BASE64
	 "UEsDBBQAAAAIAABQYl3D7bEkmQAAAM0AAAATAAAAW0NvbnRlbnRfVHlwZXNd\n"
	 "LnhtbF2PsQ7CMAxEf6XKilojBgbUdgH+gB+wUreNSOwocaH8PSlIDIzn57vT\n"
	 "tbdXpFytwXPuzKwaTwDZzhQwNxKJCxklBdQi0wQR7R0ngsN+fwQrrMRa65Zh\n"
	 "+vZCIy5eq+taztkJd6bYTXX+/m1VncEYvbOoBcODh7+SWsbRWRrELqFYmqek\n"
	 "ISaxlLPjKfjmRwI63m3x0LfwWdG/AVBLAwQUAAAACAAAUGJdVuwxFYQAAAC0\n"
	 "AAAAEQAAAHdvcmQvZG9jdW1lbnQueG1ssym3SslPLs1NzStRqMjNySu2KrdV\n"
	 "yigpKbDS1y9OzkjNTSzWyy9IzQPKpeUX5SaWALlF6frl+UUpBUX5yanFxZl5\n"
	 "6bk5+kYGBmb6uYmZeUp2NuVWSfkplSC6AEQUgYgSu5fTFtnogxggsghJ4lln\n"
	 "w+PGdS83L0WR1gfr1oeZpY9wpx0AUEsBAhQAFAAAAAgAAFBiXcPtsSSZAAAA\n"
	 "zQAAABMAAAAAAAAAAAAAAIABAAAAAFtDb250ZW50X1R5cGVzXS54bWxQSwEC\n"
	 "FAAUAAAACAAAUGJdVuwxFYQAAAC0AAAAEQAAAAAAAAAAAAAAgAHKAAAAd29y\n"
	 "ZC9kb2N1bWVudC54bWxQSwUGAAAAAAIAAgCAAAAAfQEAAAAA\n",
	 {"complete", "word=関所の鳥 in attachment-text"}},
	{"xlsx",
	 FILE_NAMED("c.xlsx") BASE64
	 "UEsDBBQAAAAIAABQYl1MlVBMkwAAAMcAAAATAAAAW0NvbnRlbnRfVHlwZXNd\n"
	 "LnhtbF1OOw7CMAy9SpUVNa4YGFDbBbgBF7BSp43IT7GLyu1Jy8ZkPb9v//xk\n"
	 "4mYLPvKgFpF8BWCzUEDWKVOsjE0loFRYZshoXjgTnLvuAiZFoSit7Blq7O9k\n"
	 "cfXSPLb6ZpfioKpdNbefbq8aFObsnUGpNLzj9FfSJmudoSmZNVSL5lwIJ16I\n"
	 "JHh9XB3QxdMeDGMPx/7xC1BLAwQUAAAACAAAUGJdtahNJGYAAABpAAAAFAAA\n"
	 "AHhsL3NoYXJlZFN0cmluZ3MueG1ssykuLlGoyM3JK7ZVyigpKbDS1y9OzkjN\n"
	 "TSzWyy9IzQPKpOUX5SaWALlF6frFBUWpiSnFGampJbk5+kYGBmb6uYmZeUp2\n"
	 "NsWZdjYldi+nLXrW2fC4cd3LzUtt9EvsbPRB4vpAO+wAUEsDBBQAAAAIAABQ\n"
	 "Yl1JXhIneQAAALIAAAAYAAAAeGwvd29ya3NoZWV0cy9zaGVldDEueG1sVU5L\n"
	 "DsIgEL1KwwE61KgLM52VPcgEUYwFGmbSenyRRaNv9755uOXykuC9du84JxlN\n"
	 "UF0uAOKCjyx9Xnyqzj2XyFppeYAsxfOtleIMB2vPEPmZDGHTrqxMWPJG6Dod\n"
	 "jVRjJYuwEoKr4pce++Ef03DaE9DK8LMG+036AFBLAQIUABQAAAAIAABQYl1M\n"
	 "lVBMkwAAAMcAAAATAAAAAAAAAAAAAACAAQAAAABbQ29udGVudF9UeXBlc10u\n"
	 "eG1sUEsBAhQAFAAAAAgAAFBiXbWoTSRmAAAAaQAAABQAAAAAAAAAAAAAAIAB\n"
	 "xAAAAHhsL3NoYXJlZFN0cmluZ3MueG1sUEsBAhQAFAAAAAgAAFBiXUleEid5\n"
	 "AAAAsgAAABgAAAAAAAAAAAAAAIABXAEAAHhsL3dvcmtzaGVldHMvc2hlZXQx\n"
	 "LnhtbFBLBQYAAAAAAwADAMkAAAALAgAAAAA=\n",
	 {"complete", "word=関所の鳥 in attachment-text", "card=1"}},
	{"zip",
	 FILE_NAMED("c.zip") BASE64
	 "UEsDBBQAAAAIAABQYl0ejFVVCgAAAAgAAAAIAAAAjKmQzy50eHTrutbf1XRm\n"
	 "0k4AUEsBAhQAFAAAAAgAAFBiXR6MVVUKAAAACAAAAAgAAAAAAAAAAAAAAAAA\n"
	 "AAAAAIypkM8udHh0UEsFBgAAAAABAAEANgAAADAAAAAAAA==\n",
	 {"complete", "word=関所の鳥 in attachment-text", "inner=見積.txt"}},
	{0},
};

const struct canary canary_outer_files[] = {
	{"pdf",
	 FILE_NAMED("c.pdf") BASE64
	 "JVBERi0xLjQKMSAwIG9iajw8L1R5cGUvQ2F0YWxvZy9QYWdlcyAyIDAgUj4+\n"
	 "ZW5kb2JqCjIgMCBvYmo8PC9UeXBlL1BhZ2VzL0tpZHNbMyAwIFJdL0NvdW50\n"
	 "IDE+PmVuZG9iagozIDAgb2JqPDwvVHlwZS9QYWdlL1BhcmVudCAyIDAgUi9N\n"
	 "ZWRpYUJveFswIDAgMzAwIDMwMF0vQ29udGVudHMgNCAwIFIvUmVzb3VyY2Vz\n"
	 "PDwvRm9udDw8L0YgNSAwIFI+Pj4+Pj5lbmRvYmoKNCAwIG9iajw8L0xlbmd0\n"
	 "aCAzND4+c3RyZWFtCkJUL0YgOSBUZiAyMCAyMDAgVGQodG9yaS0xMjMpVGog\n"
	 "RVQKZW5kc3RyZWFtIGVuZG9iago1IDAgb2JqPDwvVHlwZS9Gb250L1N1YnR5\n"
	 "cGUvVHlwZTEvQmFzZUZvbnQvSGVsdmV0aWNhPj5lbmRvYmoKdHJhaWxlcjw8\n"
	 "L1Jvb3QgMSAwIFI+PgolJUVPRgo=\n",
	 {"complete", "word=tori-[0-9]{3} in attachment-text"}},
	{"pdf-japanese",
	 FILE_NAMED("c.pdf") BASE64
	 "JVBERi0xLjQKMSAwIG9iajw8L1R5cGUvQ2F0YWxvZy9QYWdlcyAyIDAgUj4+\n"
	 "ZW5kb2JqCjIgMCBvYmo8PC9UeXBlL1BhZ2VzL0tpZHNbMyAwIFJdL0NvdW50\n"
	 "IDE+PmVuZG9iagozIDAgb2JqPDwvVHlwZS9QYWdlL1BhcmVudCAyIDAgUi9N\n"
	 "ZWRpYUJveFswIDAgMzAwIDMwMF0vQ29udGVudHMgNCAwIFIvUmVzb3VyY2Vz\n"
	 "PDwvRm9udDw8L0YgNSAwIFI+Pj4+Pj5lbmRvYmoKNCAwIG9iajw8L0xlbmd0\n"
	 "aCA0Mj4+c3RyZWFtCkJUL0YgOSBUZiAyMCAyMDAgVGQ8OTVhMjYyNDAzMDZl\n"
	 "OWNlNT5UaiBFVAplbmRzdHJlYW0gZW5kb2JqCjUgMCBvYmo8PC9UeXBlL0Zv\n"
	 "bnQvU3VidHlwZS9UeXBlMC9CYXNlRm9udC9SeXVtaW4tTGlnaHQvRW5jb2Rp\n"
	 "bmcvVW5pSklTLVVURjE2LUgvRGVzY2VuZGFudEZvbnRzWzYgMCBSXT4+ZW5k\n"
	 "b2JqCjYgMCBvYmo8PC9UeXBlL0ZvbnQvU3VidHlwZS9DSURGb250VHlwZTAv\n"
	 "QmFzZUZvbnQvUnl1bWluLUxpZ2h0L0NJRFN5c3RlbUluZm88PC9SZWdpc3Ry\n"
	 "eShBZG9iZSkvT3JkZXJpbmcoSmFwYW4xKS9TdXBwbGVtZW50IDY+Pi9Gb250\n"
	 "RGVzY3JpcHRvciA3IDAgUj4+ZW5kb2JqCjcgMCBvYmo8PC9UeXBlL0ZvbnRE\n"
	 "ZXNjcmlwdG9yL0ZvbnROYW1lL1J5dW1pbi1MaWdodC9GbGFncyA0L0ZvbnRC\n"
	 "Qm94WzAgMCAxMDAwIDEwMDBdL0l0YWxpY0FuZ2xlIDAvQXNjZW50IDgwMC9E\n"
	 "ZXNjZW50IC0yMDAvQ2FwSGVpZ2h0IDcwMC9TdGVtViA4MD4+ZW5kb2JqCnRy\n"
	 "YWlsZXI8PC9Sb290IDEgMCBSPj4KJSVFT0YK\n",
	 {"complete", "word=関所の鳥 in attachment-text"}},
	{0},
};
