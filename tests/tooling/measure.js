// Copyright (c) 2026, connectops.recovery contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Measures each frame of this page and writes the result as JSON into the element "measured".

const shown = (element) => {
  const box = element.getBoundingClientRect();
  return box.width > 1 && box.height > 1;
};
const named = (element) => `${element.tagName} ${element.textContent.trim().slice(0, 40)}`;

const numbers = (colour) => {
  const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
  return { rgb: [red, green, blue], alpha };
};
const luminance = ({ rgb }) => {
  const [red, green, blue] = rgb.map((one) => one / 255).map((one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const contrast = (one, other) => {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
};

const background = (element, view) => {
  // A number in a dot of a chart stands on that dot.
  if (element.classList.contains("cross")) {
    const dots = [...element.parentNode.querySelectorAll(".dot")];
    const dot = dots.find((one) => one.getAttribute("cx") === element.getAttribute("x")
      && Math.abs(one.getAttribute("cy") - element.getAttribute("y")) < 8);
    return numbers(view.getComputedStyle(dot).fill);
  }
  for (let one = element; one; one = one.parentElement) {
    const found = numbers(view.getComputedStyle(one).backgroundColor);
    if (found.alpha > 0) return found;
  }
  return { rgb: [255, 255, 255], alpha: 1 };
};

const measure = (frame) => {
  const view = frame.contentWindow;
  const page = frame.contentDocument;
  const width = page.documentElement.clientWidth;
  const outside = [];
  const texts = [];
  for (const element of page.body.querySelectorAll("*")) {
    if (["TITLE", "DESC", "title", "desc"].includes(element.tagName) || !shown(element)) continue;
    const box = element.getBoundingClientRect();
    if (box.right > width + 1 || box.left < -1) outside.push(named(element));
    if (![...element.childNodes].some((one) => one.nodeType === 3 && one.textContent.trim())) continue;
    const style = view.getComputedStyle(element);
    const ink = numbers(element instanceof view.SVGElement ? style.fill : style.color);
    texts.push({ text: named(element), contrast: contrast(ink, background(element, view)), size: parseFloat(style.fontSize) });
  }
  const ids = [...page.querySelectorAll("[id]")].map((one) => one.id);
  return {
    width,
    scroll_width: page.documentElement.scrollWidth,
    height: page.documentElement.scrollHeight,
    outside,
    texts,
    headings: [...page.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((one) => Number(one.tagName[1])),
    title: page.title,
    language: page.documentElement.lang,
    doubled_ids: ids.filter((one, index) => ids.indexOf(one) !== index),
    unnamed_images: [...page.querySelectorAll("svg:not([aria-hidden])")]
      .filter((one) => !one.querySelector("title")?.textContent.trim() || !one.querySelector("desc")?.textContent.trim())
      .map(named),
    scripts: page.scripts.length,
  };
};

addEventListener("load", () => {
  const found = [...document.querySelectorAll("iframe")].map(measure);
  document.getElementById("measured").textContent = JSON.stringify(found);
});
