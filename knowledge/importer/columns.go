package importer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"posdoctor/knowledge"
)

// column is what a column of a table holds.
type column string

const (
	colID       column = "id"
	colTitle    column = "title"
	colWordings column = "wordings"
	colAnswer   column = "answer"
	colBrief    column = "brief"
	colCause    column = "cause"
	colImpact   column = "impact"
	colSolution column = "solution"
	colPrevent  column = "prevention"
	colCodes    column = "codes"
	colObject   column = "object"
	colMove     column = "move"
	colLiftedBy column = "lifted_by"
	colPrepare  column = "prepare"
	colNever    column = "never"
	colSource   column = "source"
)

// columns lists the names that each column goes by, as they are written in lower case without spaces.
var columns = []struct {
	is    column
	names string
}{
	{colTitle, "标题 主题 名称 标准问题 标准问 title subject topic"},
	{colWordings, "问题 问法 问句 提问 常见问题 常见问法 其他问法 相似问 相似问法 相似问题 扩展问 用户问题 question questions wording wordings ask q"},
	{colAnswer, "答案 回答 回复 解答 答复 标准答案 内容 answer answers reply a"},
	{colBrief, "摘要 简答 一句话 一句话答案 brief summary"},
	{colCause, "含义 意思 释义 原因 故障原因 可能原因 常见原因 原因分析 cause causes reason"},
	{colImpact, "影响 后果 impact effect"},
	{colSolution, "处理 处理办法 处理方法 处理方式 处理步骤 解决 解决办法 解决方法 解决方案 解决步骤 措施 步骤 建议 solution fix action steps"},
	{colPrevent, "预防 预防措施 预防办法 防范 防范措施 prevention prevent"},
	{colCodes, "代码 应答码 返回码 错误码 错误代码 响应码 code codes"},
	{colObject, "对象 归属 类别 分类 object category"},
	{colMove, "动作 move"},
	{colLiftedBy, "谁能解除 解除方 责任方 负责方 办理方 liftedby lifted_by"},
	{colPrepare, "准备 需要准备 材料 所需材料 prepare"},
	{colNever, "请不要 不要 切勿 禁止 never"},
	{colSource, "来源 出处 source sources"},
	{colID, "编号 id"},
}

// headerOf tells which columns a row names, by their places. Nothing is returned when the row cannot be a header: it
// names nothing that could be asked.
func headerOf(row []string) map[int]column {
	found := map[int]column{}
	asks := false
	for i, cell := range row {
		name := strings.ToLower(strings.NewReplacer(" ", "", "　", "", "*", "", "：", "", ":", "", "\ufeff", "").Replace(collapse(cell)))
		if open := strings.IndexAny(name, "(（"); open > 0 {
			name = name[:open] // 问题（必填）
		}
		for _, c := range columns {
			if name != "" && slices.Contains(strings.Fields(c.names), name) {
				found[i] = c.is
				asks = asks || c.is == colTitle || c.is == colWordings || c.is == colCodes
			}
		}
	}
	if !asks {
		return nil
	}
	return found
}

func columnNames() string {
	var list []string
	for _, c := range columns {
		list = append(list, strings.Fields(c.names)[0])
	}
	return strings.Join(list, ", ")
}

var objectNames = map[string]knowledge.Object{
	"商户": knowledge.Merchant, "merchant": knowledge.Merchant, "店": knowledge.Merchant,
	"终端": knowledge.Terminal, "机器": knowledge.Terminal, "机具": knowledge.Terminal, "pos": knowledge.Terminal, "pos机": knowledge.Terminal, "设备": knowledge.Terminal, "terminal": knowledge.Terminal,
	"结算": knowledge.Settlement, "到账": knowledge.Settlement, "资金": knowledge.Settlement, "结算账户": knowledge.Settlement, "settlement": knowledge.Settlement,
	"顾客": knowledge.Payer, "持卡人": knowledge.Payer, "付款人": knowledge.Payer, "卡": knowledge.Payer, "客户": knowledge.Payer, "payer": knowledge.Payer,
}

var (
	codeForm = regexp.MustCompile(`^[0-9A-Z]{2}$`)
	moves    = []knowledge.Move{knowledge.Answer, knowledge.Clarify, knowledge.Acquirer, knowledge.Human, knowledge.Reject}
	idForm   = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
)

// entries turns the rows of a table into entries. A value that is none is an error with its cell; a row that asks nothing
// or answers nothing is dropped.
func (t *table) entries(file string, d *document) ([]*entry, error) {
	header := headerOf(t.rows[0])
	for i, cell := range t.rows[0] {
		if _, ok := header[i]; !ok && collapse(cell) != "" {
			d.dropped = append(d.dropped, Dropped{Line: t.lines[0], Cell: t.cell(0, i), Text: short(collapse(cell), shown), Why: "unknown column; the columns are " + columnNames()})
		}
	}
	var list []*entry
	for i := 1; i < len(t.rows); i++ {
		e := &entry{line: t.lines[i], made: true}
		answers := ""
		for k, cell := range t.rows[i] {
			is, ok := header[k]
			text := strings.TrimSpace(strings.ReplaceAll(cell, "\r", ""))
			if !ok || text == "" {
				continue
			}
			bad := func(format string, args ...any) error {
				where := fmt.Sprintf("%s:%d: cell %s", file, t.lines[i], t.cell(i, k))
				if t.sheet != "" {
					where = fmt.Sprintf("%s: cell %s", file, t.cell(i, k))
				}
				return fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...))
			}
			switch is {
			case colID:
				if !idForm.MatchString(text) {
					continue // a number of the table's own
				}
				if strings.ContainsAny(text, "abcdefghijklmnopqrstuvwxyz") {
					e.id = text
				}
			case colTitle:
				e.title = clean(collapse(text))
			case colWordings:
				for _, w := range several(text) {
					e.wordings = append(e.wordings, clean(w))
				}
			case colAnswer:
				answers = text
			case colBrief:
				e.brief = clean(collapse(text))
			case colCause:
				e.add(aspectCause, several(text)...)
			case colImpact:
				e.add(aspectImpact, several(text)...)
			case colSolution:
				e.add(aspectSolution, several(text)...)
			case colPrevent:
				e.add(aspectPrevention, several(text)...)
			case colCodes:
				for _, code := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",，、;；/ \n", r) }) {
					if len(code) == 1 && code[0] >= '0' && code[0] <= '9' {
						code = "0" + code // a spreadsheet takes 05 for the number 5
					}
					if code = strings.ToUpper(code); !codeForm.MatchString(code) {
						return nil, bad("%q is no response code; write two characters 0-9 A-Z", code)
					}
					e.codes = append(e.codes, code)
				}
			case colObject:
				o, ok := objectNames[strings.ToLower(text)]
				if !ok {
					return nil, bad("%q is no object; use one of 商户, 终端, 结算, 顾客", text)
				}
				e.object = o
			case colMove:
				e.move = knowledge.Move(strings.ToLower(text))
				if !slices.Contains(moves, e.move) {
					return nil, bad("%q is no move; use one of answer, clarify, acquirer, human, reject", text)
				}
			case colLiftedBy:
				e.liftedBy = clean(collapse(text))
			case colPrepare:
				e.prepare = append(e.prepare, cleaned(several(text))...)
			case colNever:
				e.never = append(e.never, cleaned(several(text))...)
			case colSource:
				e.sources = append(e.sources, clean(collapse(text)))
			}
		}
		if e.title == "" && len(e.wordings) > 0 {
			e.title, e.wordings = e.wordings[0], e.wordings[1:]
		}
		if e.title == "" && len(e.codes) > 0 {
			e.title = "应答码 " + strings.Join(e.codes, "、")
		}
		if answers != "" {
			e.answer(several(answers))
		}
		row := collapse(strings.Join(t.rows[i], " "))
		switch {
		case row == "":
			continue
		case e.title == "":
			d.dropped = append(d.dropped, Dropped{Line: t.lines[i], Text: short(row, shown), Why: "row without a question"})
			continue
		case e.empty():
			d.dropped = append(d.dropped, Dropped{Line: t.lines[i], Text: short(row, shown), Why: "row without an answer"})
			continue
		}
		list = append(list, e)
	}
	return list, nil
}

var cellBreak = regexp.MustCompile(`\n+|[;；]\s*|\s\|\s`)

// several splits the text of a cell: by lines, semicolons or numbers.
func several(text string) []string {
	var out []string
	for _, part := range cellBreak.Split(text, -1) {
		b := block{text: collapse(part)}
		b.read(false)
		if b.text != "" {
			out = append(out, b.text)
		}
	}
	return out
}
