// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "guest/spec.hpp"
#include "link/messages.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace assay::guest {

/// The folder that keeps what one guest left: console.log, machine.xml, hello.json and what its visitor adds.
/// results/README.md documents the fields.
struct GuestFolder {
  std::filesystem::path path;
  std::string name;
};

/// `text` as part of a file name: letters, digits, dot, dash and underscore stay, the rest becomes "_".
[[nodiscard]] std::string file_name_part(std::string_view text);

/// A new, empty folder; one of this name that is there already keeps its content, and the new one is called
/// "NAME.2" and so on. Error: infrastructure.
[[nodiscard]] Result<GuestFolder> new_folder(const std::filesystem::path& parent, const std::string& name);

/// Writes machine.xml: what libvirt is told. Error: infrastructure.
[[nodiscard]] Status keep_machine(const std::filesystem::path& folder, const Spec& spec);

/// Writes hello.json: what the agent says of itself and its kernel. Error: infrastructure.
[[nodiscard]] Status keep_hello(const std::filesystem::path& folder, const link::Hello& hello);

}  // namespace assay::guest
