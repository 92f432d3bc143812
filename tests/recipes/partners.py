#!/usr/bin/python3
"""partners.py - the register of the sample organisation, by a fixed rule.

Prints policy/recipes/lists/partners.csv: three partners with names that the
recipes speak of, and 1,000 more, every place with every trade.
"""

NAMED = [
    ("partner-a.example.org", "株式会社パートナーエー"),
    ("partner-b.example.org", "有限会社パートナービー"),
    ("bigcustomer.example.com", "ビッグカスタマー株式会社"),
]

# No place is the beginning of another, nor is any trade: no name is in another.
PLACES = """星見:hoshimi 風待:kazemachi 月影:tsukikage 雲居:kumoi 霧笛:muteki
虹橋:nijihashi 波音:namioto 砂丘:sakyu 若葉風:wakabakaze 夕凪:yunagi 朝霧:asagiri
花筏:hanaikada 雪解:yukidoke 春雷:shunrai 秋麗:shurei 冬晴:fuyubare 山彦:yamabiko
川霧:kawagiri 岬灯:misakito 峠路:togeji 泉水:izumimizu 青嵐:seiran 白露:hakuro
銀河野:gingano 金木犀:kinmokusei 紅葉谷:momijidani 藍染:aizome 萌黄:moegi
茜雲:akanegumo 紫陽:shiyo 木漏日:komorebi 石畳:ishidatami 水車:suisha 灯台前:todaimae
渡鳥:wataridori 蛍沢:hotarusawa 鈴虫:suzumushi 竹取:taketori 松風:matsukaze
梅香:baiko""".split()
TRADES = """精密:seimitsu 商事:shoji 物流:butsuryu 印刷:insatsu 食品:shokuhin
電機:denki 化学:kagaku 建設:kensetsu 設計:sekkei 紡績:boseki 製薬:seiyaku 酒造:shuzo
不動産:fudosan 鉄工所:tekkosho 木材:mokuzai 硝子:garasu 観光:kanko 出版:shuppan
ソフト:soft 機械:kikai 水産:suisan 農園:noen 運輸:unyu 照明:shomei
家具:kagu""".split()
# How companies write what they are.
FORMS = ["株式会社{}", "{}株式会社", "有限会社{}", "㈱{}", "{}(株)",
         "合同会社{}", "{}㈲", "(有){}"]


def rows():
    yield from NAMED
    count = 0
    for place in PLACES:
        name, roman = place.split(":")
        for trade in TRADES:
            kind, roman_kind = trade.split(":")
            company = FORMS[count % len(FORMS)].format(name + kind)
            yield f"{roman}-{roman_kind}.example.org", company
            count += 1


def text():
    lines = ["domain,company"]
    lines += [f"{domain},{company}" for domain, company in rows()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(text(), end="")
