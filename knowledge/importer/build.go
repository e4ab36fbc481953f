package importer

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"posdoctor/knowledge"
)

// build makes entries of the blocks that are content: one for the trouble of the title, with its points sorted; one for each
// other trouble that a heading names; one for each question with its answer.
func build(d *document) []*entry {
	outline(d)
	b := builder{d: d, anew: true}
	for i := range d.blocks {
		b.take(i)
	}
	b.endSection()
	return b.finish()
}

// outline promotes lines to headings that say by their words that they are some, for formats that mark none. The first line
// is the title.
func outline(d *document) {
	marked := false
	for _, b := range d.blocks {
		marked = marked || b.kind == heading && !b.guess
	}
	for i := range d.blocks {
		b := &d.blocks[i]
		switch {
		case i == 0 && !marked && b.kind == paragraph && b.role == plain && !b.sentence() && utf8.RuneCountInString(b.text) <= 60:
			b.kind, b.level = heading, 1
		case b.kind == heading:
			b.text = strings.TrimRight(b.text, "：:")
		case b.kind == paragraph && b.role == plain && titleLike(b.text):
			text := strings.TrimRight(b.text, "：:")
			if isQuestion(text) {
				b.role = question
			} else if (aspectOf(text) != aspectNone || general.MatchString(text)) && !intro.MatchString(b.text) && (text == b.text || utf8.RuneCountInString(text) <= 20) {
				b.kind, b.level, b.guess, b.text = heading, 4, true, text
			}
		}
		if b.role == plain && b.kind != paragraph && isQuestion(b.text) {
			b.role = question
		}
	}
}

var (
	// general are headings that say nothing about what follows.
	general = regexp.MustCompile(`(?i)^(?:.{0,16}(?:问题解答|常见问题|问答|疑问解答|答疑|FAQ|Q&A|Q＆A)|(?:相关|常见|热门)问题(?:及|与|和)?(?:解答|答案|回答)?|正文|前言|引言|概述|简介|摘要|导语|总结|结语|小结|结论|内容|背景)$`)
	// opening are those of them whose paragraphs introduce or sum up.
	opening = regexp.MustCompile(`^(?:前言|引言|概述|简介|摘要|导语|背景)$`)
	closing = regexp.MustCompile(`^(?:总结|结语|小结|结论)$`)
	// intro lines lead to a list.
	intro = regexp.MustCompile(`(?:如下|以下|下面|下列|几个|几点|几种).{0,12}[：:]$`)
	// leads are paragraphs about the article itself.
	leads = regexp.MustCompile(`本文|本篇|这篇文章|小编|笔者|接下来|下面(?:就|我们|为)|一起来看|^随着.{0,20}(?:发展|普及)|^在(?:现代|当今|如今|日常)`)
	// ends are paragraphs that sum up.
	ends = regexp.MustCompile(`^(?:总之|总而言之|综上|总的来说|总体来说|一句话|以上(?:就是|便是|是|内容|措施|方法)|通过以上|希望(?:以上|本文|这|对)|最后)`)
)

// point is one point under work.
type point struct {
	at    aspect
	name  string // a label that stood alone on its line
	texts []string
}

func (p *point) text() string {
	text := strings.Join(p.texts, "")
	if p.name == "" {
		return text
	}
	if text == "" {
		return p.name
	}
	return strings.TrimRight(p.name, "：:") + "：" + text
}

// builder walks over the blocks of a document.
type builder struct {
	d       *document
	entries []*entry
	title   string
	topic   *entry // of the last heading that names a trouble; nil: the title's
	main    *entry

	section aspect
	level   int    // of the heading of the section
	pair    *entry // the question under work
	points  []*point
	base    int     // level of the section's points
	loose   []block // paragraphs that may go on with the last point, or may only sum up
	grown   bool    // a point of the section or an answer of the run had more than one paragraph
	pairs   int     // questions of the run so far
	sure    bool    // the question is a heading of the format, so all below it is its answer
	said    bool    // the answer began with 答：
	anew    bool
	lead    []block // paragraphs in front of everything
}

func (b *builder) take(i int) {
	bl := b.d.blocks[i]
	switch {
	case b.anew && bl.kind == heading && b.title == "":
		b.title, b.anew = bl.text, false
		b.main = &entry{line: bl.line, title: subject(bl.text)}
		b.topic = b.main
		if b.main.title == "" { // 原因 alone: a section of nothing that has a name
			b.main.title, b.section, b.level = clean(bl.text), aspectOf(bl.text), bl.level
		}
	case bl.kind == heading && b.main != nil && knowledge.Normalize(bl.text) == knowledge.Normalize(b.title):
		b.d.drop(bl, "repeats the title")
	case bl.role == question && b.answered(i):
		b.startPair(bl)
	case bl.kind == heading:
		b.heading(bl)
	case b.pair != nil:
		b.toAnswer(bl)
	case bl.kind == item || bl.role == question && bl.number != "":
		b.item(bl)
	default:
		b.para(bl)
	}
}

// answered tells whether a question has its answer behind it, and not the next question of a list.
func (b *builder) answered(i int) bool {
	bl := b.d.blocks[i]
	if i+1 >= len(b.d.blocks) {
		return false
	}
	next := b.d.blocks[i+1]
	if next.role == answer {
		return true
	}
	if bl.kind == item && (next.kind == item && next.level <= bl.level || next.kind == heading) {
		return false
	}
	if next.kind == heading && next.level <= bl.level {
		return false
	}
	return next.role != question || next.kind == item && next.level > bl.level
}

func (b *builder) startPair(bl block) {
	run := b.pair != nil
	b.endAnswer(run)
	if !run {
		b.endSection()
		b.grown, b.pairs = false, 0
	}
	b.pair = &entry{line: bl.line, title: clean(bl.text), asked: true}
	b.entries = append(b.entries, b.pair)
	b.pairs++
	b.sure, b.said, b.base = bl.kind == heading && !bl.guess, false, 0
	b.level = bl.level
	if bl.kind != heading {
		b.level = 7
	}
}

func (b *builder) heading(bl block) {
	is := aspectOf(bl.text)
	switch {
	case b.pair != nil && b.sure && bl.level > b.level:
		b.endLoose(true) // a heading within an answer names a part of it
		b.points = append(b.points, &point{at: is, name: bl.text})
		return
	case b.pair == nil && b.section != aspectNone && bl.level > b.level && is == aspectNone:
		b.flushLoose(true)
		b.points = append(b.points, &point{at: b.section, name: bl.text})
		b.base = 9
		return
	case b.pair == nil && is == b.section && is != aspectNone && is != aspectMixed && !bl.guess && bl.level > b.level && b.level > 0:
		// 如何重启 below 解决方法 is a step, not another aspect
		b.flushLoose(true)
		b.points = append(b.points, &point{at: b.section, name: bl.text})
		b.base = 9
		return
	}
	b.endSection()
	b.level = bl.level
	switch {
	case general.MatchString(bl.text):
		b.d.drop(bl, "heading without a subject")
		if opening.MatchString(bl.text) || closing.MatchString(bl.text) {
			b.section = aspectNone
		}
	case is != aspectNone:
		b.section = is
		about := subject(bl.text)
		known := b.topic != nil && (about == "" || likeness(core(about), core(b.topic.title)) >= .4)
		if !known && b.main != nil && likeness(core(about), core(b.main.title)) >= .4 {
			b.topic, known = b.main, true
		}
		if b.topic == nil || !known && utf8.RuneCountInString(about) > 3 && about != "" && !vague.MatchString(about) {
			b.newTopic(bl, about)
		}
		if likeness(core(bl.text), core(b.topic.title)) < 1 && utf8.RuneCountInString(bl.text) > 6 {
			b.topic.wordings = append(b.topic.wordings, clean(bl.text))
		}
	default:
		b.newTopic(bl, bl.text)
	}
}

// vague are subjects that name nothing: 常见原因.
var vague = regexp.MustCompile(`^(?:常见|主要|可能|具体|一般|日常|相关|以下|导致|故障|问题|异常|情况|出现|这种|该|的|如何|怎么|有哪些|几种|几个|大|\s)*$`)

func (b *builder) newTopic(bl block, title string) {
	if title == "" {
		title = bl.text
	}
	b.topic = &entry{line: bl.line, title: clean(title)}
	if b.main == nil {
		b.main = b.topic
	}
	b.entries = append(b.entries, b.topic)
}

// subject takes off a title what tells only which aspects follow: POS机刷卡失败,原因及处理方法 -> POS机刷卡失败.
func subject(title string) string {
	t := clean(title)
	for _, sep := range []string{"——", "_", "|", " - ", "－"} {
		if head, _, ok := strings.Cut(t, sep); ok && utf8.RuneCountInString(head) >= 4 {
			t = strings.TrimSpace(head)
		}
	}
	for _, sep := range []string{"，", "：", "、", " ", "？"} {
		if i := strings.Index(t, sep); i > 0 && utf8.RuneCountInString(t[:i]) >= 4 && aspectOf(t[i:]) != aspectNone && aspectOf(t[:i]) == aspectNone {
			t = t[:i]
		}
	}
	t = tail.ReplaceAllString(t, "")
	t = front.ReplaceAllString(t, "")
	t = tail.ReplaceAllString(t, "")
	return strings.TrimSpace(strings.TrimRight(strings.TrimSpace(t), "，、：的？"))
}

var (
	tail  = regexp.MustCompile(`(?:的|有|会有|是)?(?:常见|主要|可能|具体|一般|相关|哪些|什么|几种|几个|这些)*的?(?:原因|成因|影响|后果|危害|解决|处理|应对|预防|防范|排查|方法|办法|方案|措施|步骤|对策|建议|分析|详解|汇总|及其|以及|及|与|和|、|，|怎么办|怎么回事|有哪些|是什么|\s)+[？?]?$`)
	front = regexp.MustCompile(`^(?:如何|怎么|怎样|应该|可以|来|去|才能|对于|关于|针对|导致|造成|引起|出现|解决|处理|应对|预防|防止|避免|防范|排查|修复)+`)
)

func (b *builder) item(bl block) {
	to := b.section
	if b.topic == nil {
		b.newTopic(bl, b.title)
	}
	if b.section == aspectNone {
		to = aspectMixed
		if b.topic == b.main && b.main != nil {
			to = max(to, aspectOf(b.title)) // 刷卡失败的原因 may be the title of all that follows
		}
	}
	if b.base == 0 || len(b.points) == 0 || bl.level < b.base && b.base != 9 {
		b.base = bl.level
	}
	b.flushLoose(true)
	if len(b.points) > 0 && (bl.level > b.base || b.base == 9) {
		last := b.points[len(b.points)-1]
		if len(last.texts) > 0 && !strings.HasSuffix(last.texts[len(last.texts)-1], "；") {
			last.texts[len(last.texts)-1] = strings.TrimRight(last.texts[len(last.texts)-1], "。：:") + "；"
		}
		last.texts = append(last.texts, bl.text)
		return
	}
	b.points = append(b.points, newPoint(to, bl.text))
}

// newPoint makes a point of an item; one that is only a label waits for its text.
func newPoint(at aspect, text string) *point {
	if utf8.RuneCountInString(text) <= 20 && !strings.ContainsAny(strings.TrimRight(text, "：:"), "，。：:；;,！!") {
		return &point{at: at, name: text}
	}
	return &point{at: at, texts: []string{text}}
}

func (b *builder) para(bl block) {
	switch {
	case leads.MatchString(bl.text) && b.section == aspectNone:
		b.d.drop(bl, "introduction")
	case b.section == aspectNone && len(b.points) == 0:
		b.lead = append(b.lead, bl)
	case isIntro(bl):
		b.d.drop(bl, "leads to a list")
	case len(b.points) > 0 && b.points[len(b.points)-1].name != "" && len(b.points[len(b.points)-1].texts) == 0:
		last := b.points[len(b.points)-1]
		last.texts = append(last.texts, bl.text)
	case len(b.points) > 0 && b.base > 0:
		b.loose = append(b.loose, bl)
	default: // a section of paragraphs without numbers
		b.points = append(b.points, &point{at: b.section, texts: []string{bl.text}})
	}
}

func isIntro(bl block) bool {
	return bl.kind == paragraph && strings.ContainsRune("：:", lastRune(bl.text))
}

// toAnswer takes a block behind a question.
func (b *builder) toAnswer(bl block) {
	switch {
	case bl.role == answer:
		b.said = true
		b.points = append(b.points, &point{texts: []string{bl.text}})
	case bl.kind == item || bl.role == question:
		b.endLoose(true)
		if b.base == 0 || bl.level < b.base {
			b.base = bl.level
		}
		if bl.level > b.base && len(b.points) > 0 {
			last := b.points[len(b.points)-1]
			last.texts = append(last.texts, "；"+bl.text)
			return
		}
		b.points = append(b.points, newPoint(aspectNone, bl.text))
	case isIntro(bl):
		b.d.drop(bl, "leads to a list")
	case len(b.points) == 0:
		b.points = append(b.points, &point{texts: []string{bl.text}})
	case b.points[len(b.points)-1].name != "" && len(b.points[len(b.points)-1].texts) == 0 && b.base > 0 && b.sure:
		last := b.points[len(b.points)-1]
		last.texts = append(last.texts, bl.text)
	default:
		b.loose = append(b.loose, bl)
	}
}

// flushLoose decides about the paragraphs behind the last point of a section: goes on says that another point follows.
func (b *builder) flushLoose(goesOn bool) {
	for _, bl := range b.loose {
		switch {
		case leads.MatchString(bl.text):
			b.d.drop(bl, "introduction")
		case ends.MatchString(bl.text) || !goesOn && !b.grown && len(b.points) > 1:
			b.d.drop(bl, "closing words")
		default:
			b.grown = true
			last := b.points[len(b.points)-1]
			last.texts = append(last.texts, bl.text)
		}
	}
	b.loose = nil
}

// endLoose does the same for the paragraphs of an answer.
func (b *builder) endLoose(goesOn bool) {
	for _, bl := range b.loose {
		switch {
		case leads.MatchString(bl.text):
			b.d.drop(bl, "introduction")
		case ends.MatchString(bl.text), !goesOn && !b.sure && !b.grown && (b.pairs > 1 || b.base > 0):
			b.d.drop(bl, "closing words")
		default:
			b.grown = true
			b.points = append(b.points, &point{texts: []string{bl.text}})
		}
	}
	b.loose = nil
}

// endAnswer closes the question under work; goesOn says that another one follows at once.
func (b *builder) endAnswer(goesOn bool) {
	if b.pair == nil {
		return
	}
	b.endLoose(goesOn)
	var texts []string
	for _, p := range b.points {
		if text := p.text(); text != "" {
			texts = append(texts, text)
		}
	}
	b.pair.answer(texts)
	b.points, b.pair = nil, nil
}

func (b *builder) endSection() {
	if b.pair != nil {
		b.endAnswer(false)
		b.section, b.points, b.base = aspectNone, nil, 0
		return
	}
	b.flushLoose(false)
	for _, p := range b.points {
		b.topic.add(p.at, p.text())
	}
	b.points, b.base, b.grown = nil, 0, false
	b.section = aspectNone
}

// finish keeps the entries that answer something. Paragraphs in front of all points are an introduction, unless there is
// nothing else: then they are what the article says.
func (b *builder) finish() []*entry {
	var out []*entry
	all := b.entries
	if b.main != nil && !slices.Contains(all, b.main) {
		all = append([]*entry{b.main}, all...)
	}
	found := false
	for _, e := range all {
		found = found || !e.empty()
	}
	for _, bl := range b.lead {
		if found || b.main == nil {
			b.d.drop(bl, "introduction")
			continue
		}
		b.main.add(aspectOf(b.title), bl.text)
	}
	for _, e := range all {
		switch {
		case !e.empty():
			out = append(out, e)
		case e.asked:
			b.d.drop(block{line: e.line, text: e.title}, "question without an answer")
		case e != b.main:
			b.d.drop(block{line: e.line, text: e.title}, "heading with nothing below it")
		default:
			b.d.drop(block{line: e.line, text: b.title}, "title of the page")
		}
	}
	return out
}
