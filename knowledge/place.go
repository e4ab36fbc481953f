package knowledge

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// place is where an entry was read. The zero place is an entry that was made in memory.
type place struct {
	file string
	node *yaml.Node
}

// line returns the line of the value under a path of keys (string) and positions (int), or of the nearest thing above it.
func (p place) line(path ...any) int {
	node := p.node
	for _, step := range path {
		next := child(node, step)
		if next == nil {
			break
		}
		node = next
	}
	return node.Line
}

func child(node *yaml.Node, step any) *yaml.Node {
	switch step := step.(type) {
	case string:
		if node.Kind == yaml.MappingNode {
			for i := 0; i+1 < len(node.Content); i += 2 {
				if node.Content[i].Value == step {
					return node.Content[i+1]
				}
			}
		}
	case int:
		if node.Kind == yaml.SequenceNode && step < len(node.Content) {
			return node.Content[step]
		}
	}
	return nil
}

// prefix gives the place as a prefix of a fault: "file:line: ", or nothing for an entry made in memory.
func (p place) prefix(path ...any) string {
	if p.node == nil {
		return ""
	}
	return fmt.Sprintf("%s:%d: ", p.file, p.line(path...))
}
