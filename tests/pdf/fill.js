// SPDX-License-Identifier: Apache-2.0
// fill.js IN OUT TEXT N - for `mutool run`: fill in a text, the N-th field of the
// page from 0, and all that is to be chosen.
var doc = new PDFDocument(scriptArgs[0]);
var page = doc.loadPage(0);
page.getWidgets().forEach(function (w, i) {
	var type = w.getFieldType();

	if (type == "text" && i == scriptArgs[3])
		w.setTextValue(scriptArgs[2]);
	else if (type == "checkbox")
		w.toggle();
	else if (type == "combobox")
		w.setChoiceValue("dos");
	w.update();
});
page.update();
doc.save(scriptArgs[1], "incremental");
