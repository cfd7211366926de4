"use strict";
(() => {
  const all = (selector) => document.querySelectorAll(selector);
  const said = document.getElementById("said");
  let forgetting;

  const say = (words) => {
    clearTimeout(forgetting);
    said.textContent = words;
    forgetting = setTimeout(() => { said.textContent = ""; }, 4000);
  };

  // Outside of https: and localhost there is no clipboard but that of the selection.
  const copySelected = (block) => {
    getSelection().selectAllChildren(block);
    return document.execCommand("copy");
  };

  const copy = async (block) => {
    try {
      await navigator.clipboard.writeText(block.textContent);
      return true;
    } catch {
      return copySelected(block);
    }
  };

  const fold = (open) => {
    for (const details of all(open ? ".tree details" : ".tree details details")) details.open = open;
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if ("fold" in button.dataset) {
      fold(button.dataset.fold === "open");
      say(button.dataset.fold === "open" ? "All expanded" : "All collapsed");
    } else {
      const copied = await copy(document.getElementById(button.dataset.copies));
      say(copied ? "Copied" : "Selected: copy it with the keyboard");
    }
  });

  // Paper has nothing to click.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...all("details:not([open])")];
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of folded) details.open = false;
  });

  for (const tools of all("[data-script]")) tools.hidden = false;
})();
