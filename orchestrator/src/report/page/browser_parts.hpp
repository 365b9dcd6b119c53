// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

/// What the HTML report carries for browsers, made of orchestrator/browser when the program is built.
namespace assay::report {

[[nodiscard]] std::string page_style();
/// uPlot and our own script; it holds nothing that ends a <script> element.
[[nodiscard]] std::string page_script();

}  // namespace assay::report
