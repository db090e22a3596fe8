package pagetest

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"
)

// View is how a page is looked at.
type View struct {
	Name          string
	Width, Height int
	Dark          bool
}

// Views are those that every page is tested in.
func Views() []View {
	return []View{
		{"wide-light", 1280, 900, false}, {"wide-dark", 1280, 900, true},
		{"phone-light", 390, 844, false}, {"phone-dark", 390, 844, true},
	}
}

// Tab is one page that was opened.
type Tab struct {
	b       *Browser
	session string
	target  string
	view    View
}

// Open loads a page and waits until it is shown. What goes wrong ends the test.
func (b *Browser) Open(url string, v View) *Tab {
	b.t.Helper()
	tab := &Tab{b: b, view: v}
	var target struct {
		ID string `json:"targetId"`
	}
	b.must("", "Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	tab.target = target.ID
	var attached struct {
		ID string `json:"sessionId"`
	}
	b.must("", "Target.attachToTarget", map[string]any{"targetId": target.ID, "flatten": true}, &attached)
	tab.session = attached.ID
	scheme := "light"
	if v.Dark {
		scheme = "dark"
	}
	tab.must("Page.enable", nil, nil)
	tab.must("Network.enable", nil, nil)
	tab.must("Log.enable", nil, nil)
	tab.must("Emulation.setDeviceMetricsOverride", map[string]any{"width": v.Width, "height": v.Height, "deviceScaleFactor": 1, "mobile": v.Width < 600}, nil)
	tab.must("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	var nav struct {
		Error string `json:"errorText"`
	}
	tab.must("Page.navigate", map[string]any{"url": url}, &nav)
	if nav.Error != "" {
		b.t.Fatalf("%s: %s", url, nav.Error)
	}
	deadline := time.After(patience)
	for !tab.has("Page.loadEventFired") {
		select {
		case <-b.arrived:
		case <-deadline:
			b.t.Fatalf("%s was not loaded in %v", url, patience)
		}
	}
	return tab
}

// Close ends the tab.
func (t *Tab) Close() {
	t.b.t.Helper()
	t.b.must("", "Target.closeTarget", map[string]any{"targetId": t.target}, nil)
}

func (b *Browser) must(session, method string, params map[string]any, result any) {
	b.t.Helper()
	if err := b.ask(session, method, params, result); err != nil {
		b.t.Fatal(err)
	}
}

func (t *Tab) must(method string, params map[string]any, result any) {
	t.b.t.Helper()
	t.b.must(t.session, method, params, result)
}

func (t *Tab) list(method string) []json.RawMessage {
	t.b.mu.Lock()
	defer t.b.mu.Unlock()
	var out []json.RawMessage
	for _, e := range t.b.events[t.session] {
		if e.Method == method {
			out = append(out, e.Params)
		}
	}
	return out
}

func (t *Tab) has(method string) bool { return len(t.list(method)) > 0 }

// Requests lists what was fetched, each address once; data: is no request.
func (t *Tab) Requests() []string {
	var out []string
	for _, p := range t.list("Network.requestWillBeSent") {
		var e struct {
			Request struct {
				URL string `json:"url"`
			} `json:"request"`
		}
		if json.Unmarshal(p, &e) != nil || len(e.Request.URL) > 5 && e.Request.URL[:5] == "data:" {
			continue
		}
		if !slices.Contains(out, e.Request.URL) {
			out = append(out, e.Request.URL)
		}
	}
	return out
}

// Complaints lists what the browser logged as errors, such as violations of the policy.
func (t *Tab) Complaints() []string {
	var out []string
	for _, p := range t.list("Log.entryAdded") {
		var e struct {
			Entry struct {
				Level, Text string
			} `json:"entry"`
		}
		if json.Unmarshal(p, &e) == nil && e.Entry.Level == "error" {
			out = append(out, e.Entry.Text)
		}
	}
	return out
}

// Eval computes a JavaScript expression in the page, past its policy.
func (t *Tab) Eval(expression string, result any) {
	t.b.t.Helper()
	var out struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception *struct {
			Text string `json:"text"`
		} `json:"exceptionDetails"`
	}
	t.must("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &out)
	if out.Exception != nil {
		t.b.t.Fatalf("%s: %s", expression, out.Exception.Text)
	}
	if err := json.Unmarshal(out.Result.Value, result); err != nil {
		t.b.t.Fatalf("%s: %v", expression, err)
	}
}

// Overflow names elements that stand out of the page to the right, unless they are in a
// box that scrolls, and is empty if the page does not scroll sideways.
func (t *Tab) Overflow() string {
	t.b.t.Helper()
	var out string
	t.Eval(`(() => {
		const root = document.scrollingElement, width = `+jsonOf(t.view.Width)+`;
		if (root.scrollWidth <= width) return "";
		const names = [];
		for (const e of document.querySelectorAll("body *")) {
			if (e.closest(".scroll") && !e.matches(".scroll")) continue;
			if (e.getBoundingClientRect().right > width + 1) names.push(e.tagName + "." + e.className + ": " + e.textContent.trim().slice(0, 40));
		}
		return root.scrollWidth + " pixels: " + names.slice(0, 5).join("; ");
	})()`, &out)
	return out
}

func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(b)
}

// Shot takes a picture as PNG: of what is seen, or of the whole page.
func (t *Tab) Shot(whole bool) []byte {
	t.b.t.Helper()
	params := map[string]any{"format": "png"}
	if whole {
		var height int
		t.Eval("Math.ceil(document.scrollingElement.scrollHeight)", &height)
		params["captureBeyondViewport"] = true
		params["clip"] = map[string]any{"x": 0, "y": 0, "width": t.view.Width, "height": min(height, 16000), "scale": 1}
	}
	var out struct {
		Data string `json:"data"`
	}
	t.must("Page.captureScreenshot", params, &out)
	img, err := base64.StdEncoding.DecodeString(out.Data)
	if err != nil {
		t.b.t.Fatal(err)
	}
	return img
}

// Press types one key: Tab, Enter, Space or Down.
func (t *Tab) Press(key string) {
	t.b.t.Helper()
	p := map[string]any{"Tab": map[string]any{"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9},
		"Down":  map[string]any{"key": "ArrowDown", "code": "ArrowDown", "windowsVirtualKeyCode": 40},
		"Enter": map[string]any{"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"},
		"Space": map[string]any{"key": " ", "code": "Space", "windowsVirtualKeyCode": 32, "text": " "},
	}[key].(map[string]any)
	down, up := map[string]any{"type": "keyDown"}, map[string]any{"type": "keyUp"}
	for k, v := range p {
		down[k] = v
		if k != "text" {
			up[k] = v
		}
	}
	t.must("Input.dispatchKeyEvent", down, nil)
	t.must("Input.dispatchKeyEvent", up, nil)
}

// Wait returns when an expression is true in the page, whichever page that is by then.
func (t *Tab) Wait(expression string) {
	t.b.t.Helper()
	deadline := time.After(patience)
	for {
		var out struct {
			Result struct {
				Value any `json:"value"`
			} `json:"result"`
		}
		// A page that is being left has no answer: ask the next one.
		if err := t.b.ask(t.session, "Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &out); err == nil && out.Result.Value == true {
			return
		}
		select {
		case <-t.b.arrived:
		case <-time.After(50 * time.Millisecond):
		case <-deadline:
			t.b.t.Fatalf("never true: %s", expression)
		}
	}
}
