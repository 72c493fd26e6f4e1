// Renders a Helm chart for the tests: what `helm template` prints, made of Go's templates, sprig and the JSON schema library that Helm
// itself is made of, all from Debian.
//
//	render CHART VALUES.yaml [RELEASE NAMESPACE KUBEVERSION]
//	render json FILE.yaml
//
// It prints one JSON object: {"notes": "...", "objects": [...]}, or says on standard error what is wrong, with exit code 1. A key that is there
// twice is wrong. The second form only turns a file into JSON.
//
// Like Helm: values.yaml under the given values, null taking a key away; values.schema.json; include, tpl, required, fail, toYaml and its
// relatives; .Values, .Chart, .Release, .Capabilities, .Files, .Template; numbers as float64; missing keys as nothing; links in the chart
// followed.
//
// Not covered: dependencies and library charts, hooks, CRD folders, .helmignore, the order of installation, post-renderers, `lookup` (always
// empty, as in `helm template`), .Capabilities.APIVersions (nothing is there), .Files.Lines,
// and that Helm's YAML is 1.1, in which a bare off or no is false.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"github.com/xeipuuv/gojsonschema"
	"gopkg.in/yaml.v3"
)

type values = map[string]interface{}

// chartValues is what .Values is: a type of its own, as in Helm, which matters to functions that look at types.
type chartValues map[string]interface{}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: render CHART VALUES.yaml [RELEASE NAMESPACE KUBEVERSION]")
		os.Exit(2)
	}

	if os.Args[1] == "json" {
		var read values
		if err := readYaml(os.Args[2], &read); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}

		_ = json.NewEncoder(os.Stdout).Encode(read)
		return
	}

	release, namespace, version := argument(3, "edge"), argument(4, "edge-system"), argument(5, "v1.36.0")
	objects, notes, err := render(os.Args[1], os.Args[2], release, namespace, version)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}

	_ = json.NewEncoder(os.Stdout).Encode(values{"notes": notes, "objects": objects})
}

func argument(index int, otherwise string) string {
	if len(os.Args) > index {
		return os.Args[index]
	}

	return otherwise
}

func render(folder, valuesFile, release, namespace, version string) ([]values, string, error) {
	all := values{}
	var chart values
	var given values
	for file, into := range map[string]*values{"values.yaml": &all, "Chart.yaml": &chart} {
		if err := readYaml(filepath.Join(folder, file), into); err != nil {
			return nil, "", err
		}
	}

	if err := readYaml(valuesFile, &given); err != nil {
		return nil, "", err
	}

	override(all, given)
	if err := validate(filepath.Join(folder, "values.schema.json"), all); err != nil {
		return nil, "", err
	}

	top := values{
		"Values":  chartValues(all),
		"Chart":   capitalised(chart),
		"Release": values{"Name": release, "Namespace": namespace, "Service": "Helm", "IsInstall": true, "IsUpgrade": false, "Revision": 1},
		"Capabilities": values{
			"KubeVersion": kubeVersion{Version: version},
			"APIVersions": apiVersions{},
		},
		"Files": readFiles(folder),
	}
	return execute(folder, top)
}

func execute(folder string, top values) ([]values, string, error) {
	root := template.New("chart").Option("missingkey=zero")
	root.Funcs(functions(root))
	names, err := filepath.Glob(filepath.Join(folder, "templates", "*"))
	if err != nil {
		return nil, "", err
	}

	sort.Strings(names)
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, "", err
		}

		if _, err := root.New("templates/" + filepath.Base(name)).Parse(string(text)); err != nil {
			return nil, "", err
		}
	}

	var objects []values
	var notes string
	for _, name := range names {
		base := filepath.Base(name)
		if strings.HasPrefix(base, "_") {
			continue
		}

		source := "templates/" + base
		top["Template"] = values{"Name": source, "BasePath": "templates"}
		var out bytes.Buffer
		if err := root.ExecuteTemplate(&out, source, top); err != nil {
			return nil, "", err
		}

		// As Helm does: missingkey=zero still prints this for what is nothing.
		text := strings.ReplaceAll(out.String(), "<no value>", "")
		if base == "NOTES.txt" {
			notes = text
			continue
		}

		if objects, err = appendObjects(objects, source, text); err != nil {
			return nil, "", err
		}
	}

	return objects, notes, nil
}

func appendObjects(objects []values, source, text string) ([]values, error) {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var any interface{}
		err := decoder.Decode(&any)
		if err == io.EOF {
			return objects, nil
		}

		if err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", source, err, text)
		}

		if any == nil {
			continue
		}

		object, isObject := any.(values)
		if !isObject {
			return nil, fmt.Errorf("%s: not an object:\n%s", source, text)
		}

		objects = append(objects, object)
	}
}

func functions(root *template.Template) template.FuncMap {
	all := sprig.TxtFuncMap()
	delete(all, "env")
	delete(all, "expandenv")
	all["include"] = func(name string, data interface{}) (string, error) {
		var out bytes.Buffer
		err := root.ExecuteTemplate(&out, name, data)
		return out.String(), err
	}
	all["tpl"] = func(text string, data interface{}) (string, error) {
		clone, err := root.Clone()
		if err != nil {
			return "", err
		}

		parsed, err := clone.New("tpl").Parse(text)
		if err != nil {
			return "", err
		}

		var out bytes.Buffer
		err = parsed.Execute(&out, data)
		return strings.ReplaceAll(out.String(), "<no value>", ""), err
	}
	all["required"] = func(message string, value interface{}) (interface{}, error) {
		if value == nil || value == "" {
			return nil, errors.New(message)
		}

		return value, nil
	}
	all["fail"] = func(message string) (string, error) { return "", errors.New(message) }
	all["lookup"] = func(string, string, string, string) values { return values{} }
	all["toYaml"] = toYaml
	all["fromYaml"] = func(text string) values {
		read := values{}
		if err := decodeYaml([]byte(text), &read); err != nil {
			read["Error"] = err.Error()
		}

		return read
	}
	all["fromYamlArray"] = func(text string) []interface{} {
		var read []interface{}
		if err := decodeYaml([]byte(text), &read); err != nil {
			return []interface{}{err.Error()}
		}

		return read
	}
	all["toJson"] = func(value interface{}) string {
		text, _ := json.Marshal(value)
		return string(text)
	}
	all["fromJson"] = func(text string) values {
		read := values{}
		if err := json.Unmarshal([]byte(text), &read); err != nil {
			read["Error"] = err.Error()
		}

		return read
	}
	return all
}

// toYaml goes by JSON, as sigs.k8s.io/yaml does, so that 8080 stays a number without a point and keys are in the order of the alphabet.
func toYaml(value interface{}) string {
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}

	var plain interface{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&plain) != nil {
		return ""
	}

	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if encoder.Encode(withNumbers(plain)) != nil {
		return ""
	}

	return strings.TrimSuffix(out.String(), "\n")
}

func withNumbers(value interface{}) interface{} {
	switch it := value.(type) {
	case map[string]interface{}:
		for key, inner := range it {
			it[key] = withNumbers(inner)
		}
	case []interface{}:
		for index, inner := range it {
			it[index] = withNumbers(inner)
		}
	case json.Number:
		if whole, err := it.Int64(); err == nil {
			return whole
		}

		point, _ := it.Float64()
		return point
	}

	return value
}

// decodeYaml makes what JSON would have made: float64 for every number.
func decodeYaml(text []byte, into interface{}) error {
	var any interface{}
	if err := yaml.Unmarshal(text, &any); err != nil {
		return err
	}

	if any == nil {
		return nil
	}

	plain, err := json.Marshal(any)
	if err != nil {
		return err
	}

	return json.Unmarshal(plain, into)
}

func readYaml(file string, into *values) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}

	if err := decodeYaml(text, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}

	return nil
}

// override puts given values in the place of the chart's; null takes away.
func override(own, given values) {
	for key, value := range given {
		inner, isMap := value.(values)
		under, wasMap := own[key].(values)
		switch {
		case value == nil:
			delete(own, key)
		case isMap && wasMap:
			override(under, inner)
		default:
			own[key] = value
		}
	}
}

func validate(file string, all values) error {
	schema, err := os.ReadFile(file)
	if err != nil {
		return err
	}

	result, err := gojsonschema.Validate(gojsonschema.NewBytesLoader(schema), gojsonschema.NewGoLoader(all))
	if err != nil {
		return err
	}

	if result.Valid() {
		return nil
	}

	var text strings.Builder
	text.WriteString("values don't meet the specifications of the schema:\n")
	for _, mistake := range result.Errors() {
		fmt.Fprintf(&text, "- %s\n", mistake)
	}

	return errors.New(text.String())
}

func capitalised(chart values) values {
	fields := values{}
	for key, value := range chart {
		fields[strings.ToUpper(key[:1])+key[1:]] = value
	}

	return fields
}

type kubeVersion struct{ Version string }

func (v kubeVersion) String() string     { return v.Version }
func (v kubeVersion) GitVersion() string { return v.Version }

type apiVersions struct{}

func (apiVersions) Has(string) bool { return false }

type files map[string][]byte

func readFiles(folder string) files {
	found := files{}
	follow(folder, "", found)
	return found
}

// follow reads a folder as Helm does, through symbolic links, which filepath.Walk stops at.
func follow(folder, below string, found files) {
	entries, _ := os.ReadDir(filepath.Join(folder, below))
	for _, entry := range entries {
		name := path.Join(below, entry.Name())
		info, err := os.Stat(filepath.Join(folder, name))
		switch {
		case err != nil || name == "templates":
		case info.IsDir():
			follow(folder, name, found)
		default:
			found[name], _ = os.ReadFile(filepath.Join(folder, name))
		}
	}
}

func (f files) Get(name string) string      { return string(f[name]) }
func (f files) GetBytes(name string) []byte { return f[name] }

func (f files) Glob(pattern string) files {
	found := files{}
	for name, text := range f {
		if matches, _ := path.Match(pattern, name); matches {
			found[name] = text
		}
	}

	return found
}

func (f files) AsConfig() string {
	texts := values{}
	for name, text := range f {
		texts[path.Base(name)] = string(text)
	}

	return toYaml(texts)
}
