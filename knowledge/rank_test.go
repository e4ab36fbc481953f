package knowledge

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/blevesearch/bleve/v2"
	"pgregory.net/rapid"
)

// A model has few numbers: with more, it would learn the sets that it was chosen by.
func TestModelIsSmall(t *testing.T) {
	m := shipped()
	free := 1.0 // the likeness of vectors
	for f, w := range m.Ranker {
		if w != 0 && f != fThin {
			free++
		}
	}
	if free += float64(len(m.Judge)); free > 32 {
		t.Errorf("%v weights", free)
	}
	if m.Ranker[fThin] != 0 || m.Ranker[fExact] < byHand {
		t.Error("weights that are set by hand have moved")
	}
	if !slices.IsSortedFunc(m.Operating, func(a, b operating) int { return int(1000 * (a.At - b.At)) }) || len(m.Operating) < 10 {
		t.Errorf("operating points %+v", m.Operating)
	}
	if at := ThresholdFor(.9); at < .3 || at > .95 {
		t.Errorf("nine of ten are right from %v", at)
	}
	if ThresholdFor(1) != 1 {
		t.Error("certainty is promised")
	}
	for _, bad := range []string{`{"ranker":{}}`, `{"ranker":{"no such feature":1}}`, `{"judge":{"bias":"x"}}`} {
		if err := json.Unmarshal([]byte(bad), new(model)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

// The file of vectors belongs to the library that ships.
func TestVectorsAreCurrent(t *testing.T) {
	lib, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	if shippedMeaning(&lib) == nil {
		t.Error("knowledge/meaning.bin is not current: go run ./server eval learn")
	}
	other := lib
	other.Articles = slices.Clone(lib.Articles[1:])
	if shippedMeaning(&other) != nil {
		t.Error("the vectors pass for another library's")
	}
	// What is learnt from is the traits: the same in another spelling, and others when a wording moves to another article.
	spelt := Library{Articles: []Article{{Title: "ＰＯＳ機", Wordings: []string{"没网"}}, {Title: "没纸"}}}
	plain := Library{Articles: []Article{{Title: "POS机", Wordings: []string{"没网"}}, {Title: "没纸"}}}
	moved := Library{Articles: []Article{{Title: "POS机"}, {Title: "没网", Wordings: []string{"没纸"}}}}
	if keyOf(&spelt) != keyOf(&plain) || keyOf(&plain) == keyOf(&moved) {
		t.Error("the key is not that of what is learnt from")
	}
	for _, n := range []int{0, 10, len(meaningMagic) + 33, len(meaningFile) - 1} {
		if keyed(meaningFile[:n], &lib) != nil {
			t.Errorf("%d bytes of the file are read", n)
		}
	}
}

// lcsOf is the textbook's longest common subsequence.
func lcsOf(a, b []int32) int {
	line := make([]int, len(b)+1)
	for _, x := range a {
		diagonal := 0
		for j, y := range b {
			above := line[j+1]
			if x == y {
				line[j+1] = diagonal + 1
			} else {
				line[j+1] = max(above, line[j])
			}
			diagonal = above
		}
	}
	return line[len(b)]
}

// Features count what they say, also beyond 64 units, where the subsequence needs a second word of bits.
func TestFeatures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("商户状态异常刷卡机没网络打印纸的了")), 1, 150, -1)
		a, b := text.Draw(t, "wording"), text.Draw(t, "message")
		lib := Library{Articles: []Article{{ID: "a", Title: a}, {ID: "b", Title: "别的"}}}
		r := newRanker(&lib, shipped())
		q := r.ask(b, nil)[0]
		for _, l := range r.article([]*asked{q}, 0, nil, nil) {
			row := r.unitsOf(l.row)
			if want := float64(lcsOf(q.units, row)) / float64(len(q.units)); math.Abs(l.x[fLCS]-want) > 1e-9 {
				t.Fatalf("lcs %v, want %v", l.x[fLCS], want)
			}
			if within := strings.Contains(content(Normalize(a)), b); within != (l.x[fWithin] == 1) {
				t.Fatalf("within %v", l.x[fWithin])
			}
			for f, x := range l.x {
				if math.IsNaN(x) || f != fLanguage && f != fVotes && f != fRows && (x < 0 || x > 1) {
					t.Fatalf("%s is %v", featureNames[f], x)
				}
			}
		}
	})
}

// The postings say what a walk over all rows says, and BM25 is the formula of the books with true lengths.
func TestPostings(t *testing.T) {
	rows := [][]int32{{0, 1, 2}, {1, 2}, {3, 3, 0, 1}, nil, {2, 1}}
	p := newPostings(len(rows), func(i int) []int32 { return rows[i] })
	if p.mean != float64(5+3+7+0+3)/5 {
		t.Errorf("a row has %v grams in the mean", p.mean)
	}
	for g, want := range map[gram][]int32{single(1): {0, 1, 2, 4}, single(3): {2}, pair(1, 2): {0, 1}, pair(3, 3): {2}, pair(2, 1): {4}, pair(0, 3): nil} {
		if got := p.of(g); !slices.Equal(got, want) {
			t.Errorf("%x is in %v, want %v", g, got, want)
		}
	}
	terms := p.look([]int32{1, 2}, make([]bool, 2))
	score := make([]float32, len(rows))
	touched := p.walk(terms, 1, func(i int32) int { return max(0, 2*len(rows[i])-1) }, score, nil)
	slices.Sort(touched)
	if !slices.Equal(touched, []int32{0, 1, 2, 4}) {
		t.Errorf("touched %v", touched)
	}
	idf := func(n float64) float64 { return math.Log(1 + (5-n+.5)/(n+.5)) }
	want := (idf(4) + idf(3) + idf(2)) * 2.2 / (1 + 1.2*(1-.75+.75*3/3.6))
	if math.Abs(float64(score[1])-want) > 1e-5 {
		t.Errorf("row 1 scores %v, want %v", score[1], want)
	}
	// A gram beyond the budget names no row, unless the message has no other.
	var many [][]int32
	for range budget {
		many = append(many, []int32{0})
	}
	many = append(many, []int32{1}, []int32{1})
	p = newPostings(len(many), func(i int) []int32 { return many[i] })
	for _, test := range []struct {
		message []int32
		touched int
	}{{[]int32{0, 1}, 2}, {[]int32{0}, budget}} {
		rows := p.walk(p.look(test.message, make([]bool, len(test.message))), 1, func(int32) int { return 1 }, make([]float32, len(many)), nil)
		if len(rows) != test.touched {
			t.Errorf("%v touches %d rows, want %d", test.message, len(rows), test.touched)
		}
	}
	if best := topRows(nil, touched, score, 2, func(i int32) bool { return i == 1 }); !slices.Equal(best, []int32{0, 4}) {
		t.Errorf("best rows %v of %v", best, score)
	}
}

func shippedQuestions(t *testing.T) []Question {
	t.Helper()
	f, err := os.Open("testdata/questions.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := ReadQuestions(f)
	if err != nil || len(list) == 0 {
		t.Fatal(len(list), err)
	}
	return list
}

// The texts are searched just when the best hit is not told.
func TestTell(t *testing.T) {
	x, _ := embeddedIndex(t)
	s, calls := *x.current.Load(), 0
	full := s.full
	s.full = func() (fullText, error) { calls++; return full() }
	between := 0 // hits that are told by some thresholds and not by others
	for _, q := range shippedQuestions(t) {
		hits, err := s.search(Query{Text: q.Text, Tell: 1e-9})
		if err != nil {
			t.Fatal(err)
		}
		if len(hits) == 0 {
			continue
		}
		p := hits[0].P
		if p >= .6 && p < .7 {
			between++
		}
		for _, tell := range []float64{0, p, p + 1e-6} {
			calls = 0
			if _, err := s.search(Query{Text: q.Text, Tell: tell}); err != nil {
				t.Fatal(err)
			}
			if want := p < cmp.Or(tell, .7); want != (calls > 0) {
				t.Errorf("%s, P %v, told from %v: the texts are searched %d times", q.Text, p, tell, calls)
			}
		}
	}
	if between == 0 {
		t.Error("no hit shows what the default is")
	}
}

// A search that comes too late to a state which was replaced begins again with the next.
func TestSearchOfReplaced(t *testing.T) {
	for name, search := range map[string]func(*Index) (int, error){
		"search": func(x *Index) (int, error) {
			hits, err := x.Search(Query{Text: "机子网络坏"})
			return len(hits), err
		},
		"explain": func(x *Index) (int, error) {
			why, err := x.Explain(Query{Text: "机子网络坏"})
			return len(why), err
		},
	} {
		t.Run(name, func(t *testing.T) {
			x, next := newTestIndex(t, searchLibrary()), newTestIndex(t, searchLibrary())
			old := *x.current.Load()
			gone := old.full
			old.full = func() (fullText, error) {
				x.current.Store(next.current.Load())
				full, err := gone()
				full.alias.Swap(nil, []bleve.Index{full.index})
				return full, err
			}
			kept := x.current.Load()
			x.current.Store(&old)
			n, err := search(x)
			if err != nil || n == 0 || x.current.Load() != next.current.Load() {
				t.Errorf("%d hits, %v", n, err)
			}
			x.current.Store(kept) // to be closed
		})
	}
}

// What an explanation adds up to is what the search said.
func TestExplain(t *testing.T) {
	x, _ := embeddedIndex(t)
	hits, err := x.Search(Query{Text: "机子一直连不上网咋整", Limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	why, err := x.Explain(Query{Text: "机子一直连不上网咋整", Limit: 3})
	if err != nil || len(why) != len(hits) || len(hits) == 0 {
		t.Fatal(why, err)
	}
	sum := func(parts []Part) (s float64) {
		for _, p := range parts {
			s += p.Sum()
		}
		return s
	}
	for i, e := range why {
		if e.Hit != hits[i] || len(e.Words) == 0 {
			t.Errorf("%+v explains %+v", e, hits[i])
		}
	}
	ruled := 0
	for _, q := range shippedQuestions(t) {
		why, err := x.Explain(Query{Text: q.Text})
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range why {
			if i == 0 && e.AtMost < 1 {
				ruled++
			}
			if math.Abs(sum(e.Parts)-e.Score) > 1e-6 || math.Abs(min(logistic(sum(e.Sureness)), e.AtMost)-e.P) > 1e-9 {
				t.Errorf("%s: %v and %v, at most %v, are not %+v", q.Text, sum(e.Parts), logistic(sum(e.Sureness)), e.AtMost, e.Hit)
			}
		}
	}
	if ruled == 0 {
		t.Error("no rule was at work")
	}
	if why, err := x.Explain(Query{Text: "！"}); err != nil || len(why) != 0 {
		t.Error(why, err)
	}
}

// variedLibrary has articles whose wordings say one thing in two ways that share no character.
func variedLibrary() Library {
	lib := Library{}
	for i, s := range strings.Fields("打印纸 流量卡 密码键盘 结算账户 营业执照 扫码头 商户名称 电池板 签购单 网络信号 充电座 收款码 手续费 退款单") {
		a := Article{ID: string(rune('a' + i)), Title: s, Move: Answer}
		for _, w := range strings.Fields("怎么更换% %如何调换 请问怎么更换% 如何调换% %怎么更换呢") {
			a.Wordings = append(a.Wordings, strings.ReplaceAll(w, "%", s))
		}
		lib.Articles = append(lib.Articles, a)
	}
	return lib
}

func TestLearn(t *testing.T) {
	lib := variedLibrary()
	x := newTestIndex(t, lib)
	find := func() Hit {
		hits, err := x.Search(Query{Text: "流量卡如何更换"})
		if err != nil || len(hits) == 0 {
			t.Fatal(hits, err)
		}
		return hits[0]
	}
	before := find()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := x.Learn(canceled); err == nil || x.current.Load().ranker.vectors != nil {
		t.Error("learnt after the end")
	}
	if err := x.Learn(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := x.current.Load().ranker.vectors
	if m == nil {
		t.Fatal("nothing was learnt")
	}
	if after := find(); after.Article != before.Article || after.Score == before.Score {
		t.Errorf("%+v before, %+v after", before, after)
	}
	// 如何 and 怎么 mean one thing here; 打印 is another.
	vector := func(s string) []float32 { return m.vector(traitsOfText(s)) }
	if same, other := dot(vector("如何调换"), vector("怎么更换")), dot(vector("如何调换"), vector("打印纸")); same < other+.1 {
		t.Errorf("%v alike, %v other", same, other)
	}
	if m.vector(traitsOfText("喵")) != nil {
		t.Error("what was not learnt has a vector")
	}
	// The same again, and through the file.
	l := lessonOf(&lib)
	again := l.learn(t.Context(), &lib)
	if file := again.encode(&lib); !bytes.Equal(file, m.encode(&lib)) || keyed(file, &lib) == nil {
		t.Error("it is learnt differently the second time")
	}
	if small := newTestIndex(t, searchLibrary()); small.Learn(t.Context()) != nil || small.current.Load().ranker.vectors != nil {
		t.Error("a library of a few wordings fails, or learns from nothing")
	}
}

// Vectors for measuring know nothing of the wordings of their part, and more pairs make other vectors.
func TestLearnLeftOut(t *testing.T) {
	lib := variedLibrary()
	const part = 2
	for i, marked := 0, 0; marked < 3; i++ {
		for k := range lib.Articles[i].Wordings {
			if foldOf(i, k) == part {
				lib.Articles[i].Wordings[k] += "喵"
				marked++
			}
		}
	}
	pairs := []Pair{{"猫怎么更换", "猫如何调换"}, {"猫打印纸", "猫没有纸"}}
	l := lessonOf(&lib)
	full := l.learn(t.Context(), &lib)
	left, more := learnLeftOut(t.Context(), &lib, nil), learnLeftOut(t.Context(), &lib, pairs)
	knows := func(m *meaning, text string) bool { return m.vector(traitsOfText(text)) != nil }
	for f := range folds {
		if bytes.Equal(left[f].encode(&lib), full.encode(&lib)) || knows(left[f], "喵") == (f == part) {
			t.Errorf("part %d is not left out, or another one is", f)
		}
		if bytes.Equal(left[f].encode(&lib), more[f].encode(&lib)) || knows(left[f], "猫") || !knows(more[f], "猫") {
			t.Errorf("without part %d nothing is learnt from the pairs", f)
		}
	}
	// A set is measured with them: by the wording that is left out, which need not be the message.
	x := newTestIndex(t, lib)
	st, wording := x.current.Load(), lib.Articles[0].Wordings[part]
	if foldOf(0, part) != part {
		t.Fatal("choose another wording")
	}
	q := Asked{Text: "打印纸怎么更喵", without: wording}
	for _, train := range [][]Pair{nil, pairs} {
		set := Set{Library: lib, LeaveOneOut: true, Train: train}
		find, err := set.finder(x)
		if err != nil {
			t.Fatal(err)
		}
		got, err := find(q)
		if err != nil {
			t.Fatal(err)
		}
		vectors := left[part]
		if train != nil {
			vectors = more[part]
		}
		want, err := st.with(vectors).search(Query{Text: q.Text, Limit: 10, without: wording})
		if err != nil || len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("%+v\nwant %+v, %v", got, want, err)
		}
	}
	set := Set{Library: lib, Train: pairs}
	if _, err := set.finder(x); err != nil || !knows(x.current.Load().ranker.vectors, "猫") {
		t.Errorf("nothing is learnt from the pairs, %v", err)
	}
}

func TestEvaluate(t *testing.T) {
	lib, err := ReadCorpus(strings.NewReader(`{"id":"net","question":"机器连不上网","aliases":["没有信号","网络断了"]}
{"id":"paper","question":"打印机不出纸","aliases":["小票打不出来"]}`))
	if err != nil || len(lib.Articles) != 2 {
		t.Fatal(lib, err)
	}
	asked, err := ReadAsked(strings.NewReader(`{"id":"1","text":"没有信号","relevant":["net"]}
{"id":"2","text":"小票出不来","relevant":["paper"]}
{"id":"3","text":"周末发货吗","relevant":["none"]}`))
	if err != nil {
		t.Fatal(err)
	}
	set := Set{Library: lib, Asked: asked}
	r, err := set.Evaluate()
	if err != nil || r.Queries != 3 || r.Recall1 != .667 || r.Recall3 != .667 || r.MRR10 != .667 {
		t.Errorf("%+v %v", r, err)
	}
	whole, err := set.Baselines()
	if err != nil || len(whole) != 3 || whole["cjk"].Queries != 3 {
		t.Errorf("%+v %v", whole, err)
	}
	// The first message is a copy. Its article has no other wording like it, nor like the same misheard.
	for name, first := range map[string]Asked{"copied": asked[0], "misheard": {ID: "1", Text: "没又信号", Relevant: []string{"net"}, without: "没有信号"}} {
		left := Set{Library: lib, Asked: append([]Asked{first}, asked[1:]...), LeaveOneOut: true}
		if r, err = left.Evaluate(); err != nil || r.Queries != 3 || r.Recall1 != .333 || r.Recall3 != .333 || r.MRR10 != .333 {
			t.Errorf("%s: %+v %v", name, r, err)
		}
		base, err := left.Baselines()
		if err != nil {
			t.Fatal(err)
		}
		for analyzer, r := range base {
			if r.Recall1 >= whole[analyzer].Recall1 || r.MRR10 >= whole[analyzer].MRR10 {
				t.Errorf("%s, Bleve %s: %+v, with all wordings %+v", name, analyzer, r, whole[analyzer])
			}
		}
	}
	// A left-out wording is not there: with it the message is found word for word.
	x := newTestIndex(t, lib)
	with, err := x.Search(Query{Text: "没有信号"})
	if err != nil || len(with) == 0 {
		t.Fatal(with, err)
	}
	without, err := x.Search(Query{Text: "没有信号", without: "没有信号"})
	if err != nil || with[0].Wording != "没有信号" || slices.ContainsFunc(without, func(h Hit) bool { return h.Wording == "没有信号" }) {
		t.Errorf("%+v %+v %v", with, without, err)
	}
	if slices.ContainsFunc(without, func(h Hit) bool { return h.Article == "net" }) {
		t.Errorf("the left-out copy has brought its article: %+v", without)
	}
	// Nor does it save a message that names nothing.
	vague := newTestIndex(t, Library{Articles: []Article{{ID: "a", Title: "机器连不上网", Wordings: []string{"还是不行"}, Move: Answer}}}).current.Load()
	if with, left := vague.look("还是不行", nil).most, vague.look("还是不行", vague.skipping("还是不行")).most; with != 1 || left >= 1 {
		t.Errorf("at most %v, left out at most %v", with, left)
	}
	for _, bad := range []string{`{"id":"a"}`, `{"id":"a","question":"b"}` + "\n" + `{"id":"a","question":"c"}`, `x`} {
		if _, err := ReadCorpus(strings.NewReader(bad)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

// Fitting gives the same file each time, and a margin that speaks for a hit.
func TestFit(t *testing.T) {
	lib := variedLibrary()
	sets := []Set{LeftOut(lib), Shortened(lib), Misheard(lib)}
	one, err := Fit("a test", sets, []string{"今天天气怎么样"})
	if err != nil {
		t.Fatal(err)
	}
	two, err := Fit("a test", sets, []string{"今天天气怎么样"})
	if err != nil || !bytes.Equal(one, two) {
		t.Error("fitted differently the second time")
	}
	var m model
	if err := json.Unmarshal(one, &m); err != nil || m.Fitted != "a test" || m.Judge[sMargin] <= 0 || len(m.Operating) == 0 {
		t.Errorf("%s %v", one, err)
	}
}
