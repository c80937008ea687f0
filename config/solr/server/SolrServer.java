import java.util.Properties;
import org.apache.solr.embedded.JettyConfig;
import org.apache.solr.embedded.JettySolrRunner;

/** Solr with the home and on the port that the arguments name, reachable from this machine only. */
public class SolrServer {
    public static void main(String[] arguments) throws Exception {
        JettyConfig config = JettyConfig.builder()
                .setContext("/solr")
                .setPort(Integer.parseInt(arguments[1]))
                .build();
        new JettySolrRunner(arguments[0], new Properties(), config).start();
        Thread.sleep(Long.MAX_VALUE);
    }
}
