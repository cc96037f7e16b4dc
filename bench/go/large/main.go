// A program of 15 MB that does little of what it could.
package main

import (
	"encoding/json"
	"fmt"
	"go/parser"
	"html/template"
	"net/http"
	"os"
)

func main() {
	if len(os.Args) > 1 {
		fmt.Println(http.ListenAndServe(os.Args[1], nil))
	}
	_, err := parser.ParseExpr("1 + 2")
	text, _ := json.Marshal(map[string]int{"a": 1})
	page, _ := template.New("page").Parse("{{.}}\n")
	fmt.Println(err, page.Execute(os.Stdout, string(text)))
}
