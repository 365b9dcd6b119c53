// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/folder.hpp"

#include "base/files.hpp"

#include <nlohmann/json.hpp>

#include <cctype>

namespace assay::guest {

using Json = nlohmann::ordered_json;

std::string file_name_part(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
    name += plain ? c : '_';
  }
  return name.empty() || name.front() == '.' ? "_" + name : name;
}

Result<GuestFolder> new_folder(const fs::path& parent, const std::string& name) {
  if (auto made = make_directories(parent); !made) {
    return made.error();
  }
  std::error_code error;
  for (unsigned attempt = 1; attempt < 1000; ++attempt) {
    const auto numbered = name + (attempt > 1 ? fmt::format(".{}", attempt) : "");
    if (fs::create_directory(parent / numbered, error)) {
      return GuestFolder{parent / numbered, numbered};
    }
    if (error) {
      break;
    }
  }
  return fail(Failure::infrastructure, "cannot create a folder for {} in {}: {}", name, parent.string(),
              error ? error.message() : "a thousand attempts are there already");
}

Status keep_machine(const fs::path& folder, const Spec& spec) {
  return write_file(folder / "machine.xml", xml_of(spec));
}

Status keep_hello(const fs::path& folder, const link::Hello& hello) {
  Json capabilities = Json::object();
  for (const auto& capability : hello.capabilities) {
    capabilities[capability.name] =
        capability.available ? Json(true) : Json{{"available", false}, {"why", capability.detail}};
  }
  const Json json{
      {"protocol", hello.protocol},
      {"agent", hello.agent},
      {"kernel_release", hello.kernel_release},
      {"kernel_version", hello.kernel_version},
      {"arch", hello.arch},
      {"page_size_bytes", hello.page_size},
      {"cpus", hello.cpus},
      {"memory_bytes", hello.memory},
      {"ready_ns", hello.time_ns},
      {"capabilities", capabilities},
  };
  // A guest chooses these texts: what is not UTF-8 is replaced, not trusted.
  return write_file(folder / "hello.json",
                    json.dump(2, ' ', false, nlohmann::detail::error_handler_t::replace) + "\n");
}

}  // namespace assay::guest
