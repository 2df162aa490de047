import { render } from "solid-js/web";
import "./styles.css";
import { App } from "./ui/app.tsx";

render(() => <App url={location.origin} />, document.querySelector("#terminal")!);
