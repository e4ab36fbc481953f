package importer

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// lineKinds splits a fixture into lines with what they are, for the other formats to be made of.
func lineKinds(t *testing.T, name string) (lines []string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(data), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func isHead(line string) bool {
	return strings.HasSuffix(line, "的原因") || strings.HasSuffix(line, "的影响") || strings.HasSuffix(line, "的办法") || strings.HasSuffix(line, "产品")
}

// page makes the page of a site out of the first fixture, with what pages have around an article.
func page1(t *testing.T) string {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE html><html><head><meta charset="CHARSET"><title>收款终端签到不成功,成因、后果和应对办法 - 收单小站</title>
<script>var ad = "加微信 pos888 办理";</script><style>.a{color:red}</style></head><body class="no-sidebar">
<nav><a href="/">首页</a><a href="/pos">终端</a></nav>
<div class="breadcrumb">首页 > 终端 > 正文</div>
<article>`)
	for i, line := range lineKinds(t, "testdata/reasons.txt") {
		text := html.EscapeString(line)
		switch {
		case i == 0:
			b.WriteString("<h1>" + text + "</h1>\n")
		case strings.HasPrefix(line, "本文目录"):
			b.WriteString("<p>" + text + "</p><ul>\n")
		case strings.HasPrefix(line, "1. ") || strings.HasPrefix(line, "2. ") || strings.HasPrefix(line, "3. "):
			b.WriteString(`<li><a href="#s">` + html.EscapeString(line[3:]) + "</a>\n")
		case isHead(line):
			b.WriteString("</ul><h2>" + text + "</h2>\n")
		default:
			b.WriteString("<p>" + text + "\n")
		}
	}
	b.WriteString(`</article><div style="display: none">点击办理收款机</div><aside>热门文章</aside>
<footer>版权所有 收单小站 ICP备1号</footer></body></html>`)
	return b.String()
}

func gbk(t *testing.T, s string) []byte {
	t.Helper()
	data, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func utf16le(s string, mark bool) []byte {
	var b bytes.Buffer
	if mark {
		b.WriteString("\xff\xfe")
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b.WriteByte(byte(u))
		b.WriteByte(byte(u >> 8))
	}
	return b.Bytes()
}

// markdown1 is the first fixture as Markdown.
func markdown1(t *testing.T) string {
	var b strings.Builder
	for i, line := range lineKinds(t, "testdata/reasons.txt") {
		switch {
		case i == 0:
			b.WriteString("# " + line + "\n\n")
		case isHead(line):
			b.WriteString("## " + line + "\n\n")
		case strings.HasPrefix(line, "1. ") || strings.HasPrefix(line, "2. ") || strings.HasPrefix(line, "3. "):
			b.WriteString("- [" + line[3:] + "](#x)\n")
		case len(line) > 4 && strings.Contains(line[:4], "、"):
			n, rest, _ := strings.Cut(line, "、")
			label, text, _ := strings.Cut(rest, ":")
			b.WriteString(n + ". **" + label + "**:" + text + "\n\n")
		default:
			b.WriteString(line + "\n\n")
		}
	}
	return b.String()
}

// zipped packs files into a zip.
func zipped(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const docxHead = `<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`

func docx(t testing.TB, body string) []byte {
	return zipped(t, "[Content_Types].xml", "<Types/>",
		"word/styles.xml", `<w:styles xmlns:w="x"><w:style w:styleId="a1"><w:name w:val="heading 1"/></w:style><w:style w:styleId="a2"><w:name w:val="标题 2"/></w:style></w:styles>`,
		"word/document.xml", docxHead+body+`</w:body></w:document>`)
}

// docx1 is the first fixture as Word writes it: headings by style, numbers by list.
func docx1(t *testing.T) []byte {
	var b strings.Builder
	for i, line := range lineKinds(t, "testdata/reasons.txt") {
		style := ""
		switch {
		case i == 0:
			style = `<w:pStyle w:val="a1"/>`
		case isHead(line):
			style = `<w:pStyle w:val="a2"/>`
		case len(line) > 4 && strings.Contains(line[:4], "、"):
			_, line, _ = strings.Cut(line, "、")
			style = `<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>`
		}
		half := len([]rune(line)) / 2
		fmt.Fprintf(&b, `<w:p><w:pPr>%s</w:pPr><w:r><w:t>%s</w:t></w:r><w:del><w:r><w:delText>删掉的话</w:delText></w:r></w:del><w:r><w:t>%s</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>看不见的话</w:t></w:r></w:p>`,
			style, html.EscapeString(string([]rune(line)[:half])), html.EscapeString(string([]rune(line)[half:])))
	}
	return docx(t, b.String())
}

// TestFormats: the same article in every format and encoding gives the same entry.
func TestFormats(t *testing.T) {
	text, err := os.ReadFile("testdata/reasons.txt")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"bom.txt":     append([]byte("\xef\xbb\xbf"), text...),
		"crlf.txt":    bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")),
		"gbk.txt":     gbk(t, string(text)),
		"utf16.txt":   utf16le(string(text), true),
		"nomark.txt":  utf16le(string(text), false),
		"page.html":   []byte(strings.Replace(page1(t), "CHARSET", "utf-8", 1)),
		"gbk.html":    gbk(t, strings.Replace(page1(t), "CHARSET", "gb2312", 1)),
		"noname":      gbk(t, strings.Replace(page1(t), "CHARSET", "gbk", 1)),
		"article.md":  []byte(markdown1(t)),
		"article.doc": docx1(t), // what it is says the content
	} {
		t.Run(name, func(t *testing.T) {
			_, r := imported(t, put(t, t.TempDir(), name, data))
			checkReasons(t, r)
			for _, word := range []string{"看不见", "删掉", "var ad", "小站"} {
				if strings.Contains(strings.ReplaceAll(all(t, r), "sources", ""), word) {
					t.Errorf("the draft holds %q", word)
				}
			}
		})
	}
}

// TestSmallForms: other ways in which sites write questions and points.
func TestSmallForms(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"q.txt", "Q：小票纸是什么规格？\nA：宽 57 毫米的热敏纸。\nQ：纸放多久会发黄？\nA：一般两三年，看存放的地方。\n", "小票纸是什么规格？|宽 57 毫米的热敏纸。||纸放多久会发黄？|一般两三年，看存放的地方。"},
		{"label.txt", "终端连不上热点\n原因：热点开在五吉赫频段，终端只认二点四。\n影响：刷卡和签到都不行。\n处理办法：\n1. 在手机里把热点改成二点四。\n2. 再让终端搜一次热点。\n预防：开店前先连好。\n", "终端连不上热点|热点开在五吉赫频段，终端只认二点四。|刷卡和签到都不行。|在手机里把热点改成二点四。|再让终端搜一次热点。|开店前先连好。"},
		{"dl.html", "<html><body><h1>常见问题</h1><dl><dt>换了门面要报备吗？<dd>要报备，请找收单机构改登记。<dt>机身贴纸掉了行不行？<dd>行，机身里还有序列号。</dl></body></html>", "换了门面要报备吗？|要报备，请找收单机构改登记。||机身贴纸掉了行不行？|行，机身里还有序列号。"},
		{"br.html", "<html><body><h2>扫码枪没有亮光的原因</h2><p>1、线没有插紧,所以没有电。<br>2、枪在休眠,按一下才亮。</p><h2>扫码枪没有亮光的解决方法</h2><p>1、请重新插线。<br>2、请长按五秒。</p></body></html>", "扫码枪没有亮光|线没有插紧，所以没有电。|枪在休眠，按一下才亮。|请重新插线。|请长按五秒。"},
		{"steps.md", "# 终端升级失败\n\n## 解决方法\n\n### 连好电源\n\n插上电再升级。\n\n### 连好网络\n\n信号要有三格。\n", "终端升级失败|连好电源：插上电再升级。|连好网络：信号要有三格。"},
		{"topics.md", "# 两种常见毛病\n\n## 屏幕花了\n\n原因：受潮。\n\n处理办法：晾干再开机。\n\n## 按键失灵\n\n原因：进了灰。\n\n处理办法：请送修。\n", "屏幕花了|受潮。|晾干再开机。||按键失灵|进了灰。|请送修。"},
		{"one.txt", "收款终端可以借给别人用吗?\n\n不可以。终端登记在您的店名下，借出去的交易也算在您头上。\n", "收款终端可以借给别人用吗|不可以。终端登记在您的店名下，借出去的交易也算在您头上。"},
		{"title.txt", "终端充不进电的原因\n\n大家常碰到这事。\n\n1、请别用的线是坏的。\n\n2、插座没有电。\n", "终端充不进电|请别用的线是坏的。|插座没有电。"},
		{"t.csv", "问题,答案,代码\n机器说卡片要插入芯片,请把卡插进去，不要刷。,\n", "机器说卡片要插入芯片|请把卡插进去，不要刷。"},
		{"t2.csv", "标题\t问法\t原因\t处理\t预防\n键盘不响\t按键没声音;按了不响\t静音了\t\"1、进设置\n2、打开按键音\"\t不要调成静音\n", "键盘不响|静音了|进设置|打开按键音|不要调成静音"},
		{"t.md", "# 问答\n\n| 问题 | 答案 |\n|---|---|\n| 底座不充电怎么弄 | 请擦一擦触点 |\n", "底座不充电怎么弄|请擦一擦触点"},
		{"t.html", "<html><body><table><tr><th>问题</th><th>解决办法</th></tr><tr><td>底座不充电怎么弄<td>请擦一擦触点<br>请换一根线</table></body></html>", "底座不充电怎么弄|请擦一擦触点|请换一根线"},
		{"hidden.html", `<html><body><h1>提示卡片无效怎么办</h1><p>请换<span style="display:none">隐藏推广词</span>一张卡<b>再试。</b><i hidden>隐藏<b>推广</b>词</i></p></body></html>`, "提示卡片无效|请换一张卡再试。"},
		{"hidden2.html", `<html><body><table><tr><th>问题<th>解决办法<tr><td>底座不充电怎么弄<td>请擦一擦<span hidden>隐藏推广词</span>触点<tr><td>底座松了怎么弄<td>请拧紧<span hidden>没有关上`, "底座不充电怎么弄|请擦一擦触点||底座松了怎么弄|请拧紧"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, r := imported(t, put(t, t.TempDir(), c.name, []byte(c.text)))
			var got []string
			for _, a := range r.Files[0].Articles {
				parts := []string{a.Title}
				for _, text := range []string{a.Cause, a.Impact, strings.Join(a.Solution, "\n"), strings.Join(a.Prevention, "\n")} {
					if text != "" {
						parts = append(parts, strings.ReplaceAll(text, "\n", "|"))
					}
				}
				got = append(got, strings.Join(parts, "|"))
			}
			if s := strings.Join(got, "||"); s != c.want {
				t.Errorf("got  %s\nwant %s\n%+v", s, c.want, r.Files[0].Import.Dropped)
			}
		})
	}
}

// TestDropped: what no draft holds is written down with its reason.
func TestDropped(t *testing.T) {
	const table = "<tr><th>问题<th>解决办法<tr><td>底座不充电怎么弄<td>请擦一擦触点"
	for _, c := range []struct{ name, text, want string }{
		{"hidden.html", "<html><body><h1>提示卡片无效</h1><p>请换<span hidden>推广词</span>一张卡。</p></body></html>", "1 推广词: hidden text"},
		{"named.html", "<html><body><h1>提示卡片无效</h1><p>请换一张卡再试一次。<a class=share>推荐给朋友</a></p></body></html>", "1 推荐给朋友: part of the page named share"},
		{"tail.html", "<html><body><h1>提示卡片无效</h1>\n<p>" + strings.Repeat("请换卡", maxLine/3) + "再试尾巴</p></body></html>", "2 尾巴: longer than a line may be"},
		{"caption.html", "<html><body><table><caption>底座一览</caption>" + table + "</table></body></html>", "1 底座一览: caption of a table"},
		{"menu.html", "<html><body><table>" + table + "<nav>上一页下一页</nav></table></body></html>", "1 上一页下一页: navigation"},
		{"cell.html", "<html><body><table>" + table + "<tr><td>键盘不响<td>原因：静音了</table></body></html>", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, r := imported(t, put(t, t.TempDir(), c.name, []byte(c.text)))
			var got []string
			for _, d := range r.Files[0].Import.Dropped {
				got = append(got, fmt.Sprintf("%d %s: %s", d.Line, d.Text, d.Why))
			}
			if s := strings.Join(got, "\n"); s != c.want {
				t.Errorf("got  %s\nwant %s", s, c.want)
			}
		})
	}
}

// TestJoinedLines: lines that go on in the next one are joined up to the length of a line and no further, or a text
// without a full stop would become one block that is counted anew with each of its lines.
func TestJoinedLines(t *testing.T) {
	for name, line := range map[string]string{"a.txt": strings.Repeat("字", 40) + "\n", "a.md": strings.Repeat("word ", 10) + "\n"} {
		d, err := blocksOf(source{name: name, format: textFormat(name, line), text: strings.Repeat(line, 2000)})
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range d.blocks {
			if n := utf8.RuneCountInString(b.text); n > maxLine {
				t.Errorf("%s:%d: a block of %d characters", name, b.line, n)
			}
		}
		if n := len(d.blocks); n < 2 || n > 1000 {
			t.Errorf("%s: %d blocks", name, n)
		}
	}
}

// TestDepth: tags count, and what only looks like tags does not, however the text is divided.
func TestDepth(t *testing.T) {
	const most = maxDepth
	many := strings.Repeat
	for _, c := range []struct {
		text   string
		nested bool
	}{
		{many("<a>", most), false},
		{many("<a>", most+1), true},
		{many("<a><b x='>' y=\"/\"/></a>", most+1), false},
		{"<a><!-- " + many("x > <b ", most+1) + "> --></a>", false},
		{"<a><![CDATA[" + many("<b> ]]", most+1) + "]]></a>", false},
		{"<?a " + many("<b>", most+1) + "?><a/>", false},
		{"<!DOCTYPE a [ <!ENTITY b '<c>'> <!-- ' --> ]><a/>", false},
		{many("<a>", most) + "<!-- ></a></a> - -> -->" + "<a>", true},
		{many("<a>", most) + "<![CDATA[ ></a></a> ]> ]]]><a>", true},
		{many("<a>", most) + "<?a ></a></a> ?><a>", true},
		{many("<a>", most) + "<!A '></a>' <b> </a> </a> > <!-- ' --> ><a>", true},
		{many("</a>", 10) + many("<a>", most+1), true},
	} {
		for _, size := range []int{1, 7, 1 << 20} {
			var d depth
			var err error
			for part := range slices.Chunk([]byte(c.text), size) {
				err = errors.Join(err, d.see(part))
			}
			if (err != nil) != c.nested {
				t.Errorf("%s in parts of %d: %v, want nested %t", short(strings.ReplaceAll(c.text, many("<a>", most), "…"), 60), size, err, c.nested)
			}
		}
	}
}

// xlsx makes a workbook of one sheet with a cell for each name=value; a value that begins with = is a formula.
func xlsx(t testing.TB, cells ...string) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", "问答"); err != nil {
		t.Fatal(err)
	}
	for _, c := range cells {
		name, value, _ := strings.Cut(c, "=")
		var err error
		if strings.HasPrefix(value, "=") {
			err = f.SetCellFormula("问答", name, value[1:])
		} else {
			err = f.SetCellStr("问答", name, value)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestXLSX(t *testing.T) {
	_, r := imported(t, put(t, t.TempDir(), "faq.xlsx", xlsx(t, "A1=我们的问答表", "A2=标题", "B2=问法", "C2=原因", "D2=影响", "E2=处理", "F2=代码", "G2=对象", "H2=备注",
		"A3=键盘坏了一个键", "B3=三号键按不动\n有个键不灵", "C3=键帽下面进了糖水", "D3=输不了金额", "E3=1、请改用扫码\n2、请送修", "F3=Z8", "G3=终端", "H3=内部",
		"A4=没有答案的一行")))
	f := r.Files[0]
	if len(f.Articles) != 1 {
		t.Fatalf("%+v", f)
	}
	a := f.Articles[0]
	if a.Title != "键盘坏了一个键" || len(a.Wordings) != 2 || a.Cause == "" || a.Impact == "" || len(a.Solution) != 2 || a.Object != "terminal" || a.Codes[0] != "Z8" || a.Custom {
		t.Errorf("%+v", a)
	}
	var why []string
	for _, d := range f.Import.Dropped {
		why = append(why, fmt.Sprintf("%d %s %s", d.Line, d.Cell, d.Why))
	}
	all := strings.Join(why, "\n")
	for _, want := range []string{"1  stands above the names", "2 问答!H2 unknown column", "4  row without an answer"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not in\n%s", want, all)
		}
	}
}

// TestBadFiles: each is refused with a sentence that says where and why, and nothing is stored.
func TestBadFiles(t *testing.T) {
	big5, err := traditionalchinese.Big5.NewEncoder().Bytes([]byte(strings.Repeat("請問這臺刷卡機為甚麼沒有辦法連線，應該怎樣處理纔好？我們試過重新開機，還是一樣。\n", 20)))
	if err != nil {
		t.Fatal(err)
	}
	deep := func(open, shut string, n int) string {
		return strings.Repeat(open, n) + "字" + strings.Repeat(shut, n)
	}
	zeros := strings.Repeat("0", 70<<20)
	many := []string{"word/document.xml", docxHead + "</w:body></w:document>"}
	for i := range 201 {
		many = append(many, fmt.Sprintf("word/media/%d.png", i), "x")
	}
	good := put(t, t.TempDir(), "good.txt", []byte("Q：小票纸是什么规格？\nA：宽 57 毫米的热敏纸。\n"))
	for _, c := range []struct{ name, data, want string }{
		{"empty.txt", "", "empty.txt: the file is empty"},
		{"blank.txt", " \n\t\n", "blank.txt: the file is empty"},
		{"photo.png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01", "photo.png: this is binary (image/png)"},
		{"noise.txt", "\x01\x02\x03abc\x80\xff\x00\x00\x00", "noise.txt:1: this is binary"},
		{"a.pdf", "%PDF-1.7\n", "a.pdf: this is a PDF; save it as"},
		{"a.doc", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1xxxx", "a.doc: this is an old Word or Excel file"},
		{"big5.txt", string(big5), "big5.txt:1: the file seems to be written in Big5"},
		{"broken.txt", strings.Repeat("好的文字在这里。\n", 40) + "坏\xe5\x8f的\n", "broken.txt:41: a character here is broken"},
		{"half.html", "<html><head><meta charset=gbk></head><body>\n" + string(gbk(t, "商户")) + "\xff\xff</body></html>", "half.html:2: the page says that it is gbk and is not"},
		{"deep.html", "<html>\n" + deep("<div>", "</div>", 10000), "deep.html:2: elements are nested deeper than 256"},
		{"deep.md", deep(">", "", 10000), "deep.md:1: quotes are nested 10000 deep"},
		{"deep.docx", string(docx(t, deep("<w:p>", "</w:p>", 10000))), "deep.docx: word/document.xml in it: elements are nested deeper than 256"},
		{"bomb.docx", string(zipped(t, "word/document.xml", docxHead+zeros)), "bomb.docx: word/document.xml in it: all that is packed has more than 64 MB"},
		{"bomb.xlsx", string(zipped(t, "xl/workbook.xml", "<workbook/>", "xl/media/a.bin", zeros)), "bomb.xlsx: xl/media/a.bin in it: all that is packed has more than 64 MB"},
		{"many.docx", string(zipped(t, many...)), "many.docx: there are 202 files packed in it"},
		{"cut.docx", string(docx(t, "<w:p/>")[:200]), "cut.docx: the file is damaged"},
		{"other.zip", string(zipped(t, "a.txt", "x")), "other.zip: this is a zip file, but neither DOCX nor XLSX"},
		{"open.docx", string(docx(t, "<w:p><w:r><w:t>字</w:r>")), "open.docx:1: paragraph 1 cannot be read"},
		{"empty.docx", string(docx(t, "")), "empty.docx: nothing was found"},
		{"sum.xlsx", string(xlsx(t, "A1=问题", "B1=答案", "A2=几点上班", "B2==NOW()")), "sum.xlsx: cell 问答!B2 holds a formula"},
		{"none.xlsx", string(xlsx(t, "A1=甲", "B1=乙")), "none.xlsx: sheet 问答, row 1: no columns are known"},
		{"code.xlsx", string(xlsx(t, "A1=问题", "B1=答案", "C1=代码", "A2=几点上班", "B2=八点", "C2=五百")), `code.xlsx: cell 问答!C2: "五百" is no response code`},
		{"sum.csv", "问题,答案\n几点上班,八点\n几点下班,=1+1\n", "sum.csv:3: cell B3 holds a formula"},
		{"quote.csv", "问题,答案\n几点上班,\"八点\n", "quote.csv:"},
		{"object.csv", "问题,答案,对象\n几点上班,八点,月亮\n", `object.csv:2: cell C2: "月亮" is no object`},
		{"columns.csv", "甲,乙\n1,2\n", "columns.csv:1: no columns are known here"},
		{"long.txt", strings.Repeat("长", 20001), "long.txt:1: the line has more than 20000 characters"},
		{"rows.html", "<html><body>\n<table><tr><th>问题<th>答案" + strings.Repeat("<tr><td>几点上班<td>八点", 20000) + "</table>", "rows.html:2: row 20001 of the table: there are more than 20000 rows; split the table"},
		{"columns.md", "# 班次\n\n|问题|答案|\n|-|-|\n" + strings.Repeat("|八点", 101) + "|\n\n完\n", "columns.md:3: row 2 of the table: the row has 101 columns, at most 100 are read"},
		{"last.md", "|问题|答案|\n|-|-|\n" + strings.Repeat("|八点", 101) + "|\n", "last.md:1: row 2 of the table: the row has 101 columns"},
		{"long.docx", string(docx(t, "<w:p/><w:p><w:r><w:t>"+strings.Repeat("长", 20001)+"</w:t></w:r></w:p>")), "long.docx:2: paragraph 2 cannot be read: a line of it has 20001 characters, at most 20000 are read"},
		{"cell.docx", string(docx(t, "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>"+strings.Repeat("长", 20001)+"</w:t></w:r></w:p></w:tc></w:tr></w:tbl>")), "cell.docx:1: paragraph 1 cannot be read: row 1 of the table: the cell in column 1 has 20001 characters"},
		{"nothing.txt", "办理 POS 机请加微信 pos12345\n", "nothing.txt: nothing was found in it that answers a question"},
		{"script.html", "<html><body><script>问：好吗？答：好。</script></body></html>", "script.html: nothing was found"},
		{"bad.yaml", "articles:\n  - id: x\n    titel: 好\n", `bad.yaml:3: unknown field "titel"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Store{Data: t.TempDir()}
			_, err := s.Import(context.Background(), []string{good, put(t, t.TempDir(), c.name, []byte(c.data))}, shipped(t), day, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if files, err := s.Files(); len(files) > 0 || err != nil {
				t.Errorf("something was stored: %d files, %v", len(files), err)
			}
			if left, _ := filepath.Glob(filepath.Join(s.Data, "*", "*")); len(left) > 0 {
				t.Errorf("left over: %v", left)
			}
		})
	}
	large := put(t, t.TempDir(), "large.txt", nil)
	if err := os.Truncate(large, 200<<20); err != nil {
		t.Fatal(err)
	}
	s := Store{Data: t.TempDir()}
	if _, err := s.Import(context.Background(), []string{large}, shipped(t), day, nil); err == nil || !strings.Contains(err.Error(), "large.txt: the file has 200 MB, at most 20 are read") {
		t.Error(err)
	}
	if _, err := s.Import(context.Background(), []string{t.TempDir()}, shipped(t), day, nil); err == nil || !strings.Contains(err.Error(), "this is no file") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Import(ctx, []string{good}, shipped(t), day, nil); err == nil {
		t.Error("imported after the command was stopped")
	}
}

// FuzzRead: whatever bytes a file holds, it is read or refused, and what is read makes sound entries.
func FuzzRead(f *testing.F) {
	text, err := os.ReadFile("testdata/answers.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add("a.txt", text)
	f.Add("a.html", []byte("<ul><li>1、a<li><table><tr><td>问题<td>答案<tr><td>x<td>y</table><p><b>原因</b>"))
	f.Add("a.md", []byte("# a\n\n- b\n> c\n| 问题 | 答案 |\n|-|-|\n|x|y|\n```\nx"))
	f.Add("a.csv", []byte("问题,答案\na,b\n"))
	f.Add("a.docx", docx(f, `<w:p><w:pPr><w:pStyle w:val="a1"/></w:pPr><w:r><w:t>原因</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>`))
	f.Add("a.xlsx", xlsx(f, "A1=问题", "B1=答案", "A2=几点上班", "B2=八点"))
	f.Add("a", []byte("\xff\xfea\x00"))
	f.Add("a", []byte("\xc9\xcc\xbb\xa7"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		src, err := open(name, data)
		if err != nil || src.format == YAML {
			return
		}
		d, err := blocksOf(src)
		if err != nil {
			return
		}
		var list []*entry
		for i := range d.tables {
			more, err := d.tables[i].entries(name, d)
			if err != nil {
				return
			}
			list = append(list, more...)
		}
		tidy(d)
		for _, e := range append(list, build(d)...) {
			a := e.article()
			if a.ID == "" {
				a.ID = "x"
			}
			if strings.TrimSpace(a.Title) == "" {
				t.Errorf("an entry without a title: %+v", a)
			}
		}
	})
}
