import "tdesign-vue-next/es/style/index.css";
import "./style.css";
import "./theme";

import { createApp } from "vue";

import App from "./App.vue";
import { router } from "./router";

createApp(App).use(router).mount("#console");
